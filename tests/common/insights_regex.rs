//! As much of regular expressions as the queries use: signs, classes, `\d` and its like, `^`, groups with names,
//! alternatives, `+`, `*` and `?`.

use std::collections::BTreeMap;

/// What was found under the names of groups.
pub type Captures = BTreeMap<String, String>;

#[derive(Debug, Clone)]
enum Node {
    /// One sign of these ranges, or one of no range.
    One(Vec<(char, char)>, bool),
    Start,
    Group(Option<String>, Vec<Vec<Node>>),
    /// At least so often, and at most.
    Repeat(Box<Node>, usize, usize),
}

/// The groups of the first match in a text. `None` if it has none.
pub fn captures(regex: &str, text: &str) -> Option<Captures> {
    let mut signs = regex.chars().collect::<Vec<_>>();
    signs.reverse();
    let pattern = [Node::Group(None, alternatives(&mut signs))];
    assert!(signs.is_empty(), "{regex}");
    let text: Vec<char> = text.chars().collect();
    (0..=text.len()).find_map(|start| {
        let mut found = Captures::new();
        matches(&pattern, &text, start, &mut found, &mut |_, _| true).then_some(found)
    })
}

/// Signs are taken from the end.
fn alternatives(signs: &mut Vec<char>) -> Vec<Vec<Node>> {
    let mut all = vec![Vec::new()];
    while let Some(&sign) = signs.last() {
        if sign == ')' {
            break;
        }
        signs.pop();
        let node = match sign {
            '|' => {
                all.push(Vec::new());
                continue;
            }
            '^' => Node::Start,
            '.' => Node::One(vec![('\n', '\n')], true),
            '\\' => escaped(signs.pop().unwrap()),
            '[' => class(signs),
            '(' => group(signs),
            sign => Node::One(vec![(sign, sign)], false),
        };
        let bounds = match signs.last() {
            Some('+') => Some((1, usize::MAX)),
            Some('*') => Some((0, usize::MAX)),
            Some('?') => Some((0, 1)),
            _ => None,
        };
        let node = match bounds {
            Some((least, most)) => {
                signs.pop();
                Node::Repeat(Box::new(node), least, most)
            }
            None => node,
        };
        all.last_mut().unwrap().push(node);
    }
    all
}

fn escaped(sign: char) -> Node {
    let blanks = vec![(' ', ' '), ('\t', '\r')];
    match sign {
        'd' => Node::One(vec![('0', '9')], false),
        's' => Node::One(blanks, false),
        'S' => Node::One(blanks, true),
        sign if sign.is_alphanumeric() => panic!("\\{sign} is not evaluated here"),
        sign => Node::One(vec![(sign, sign)], false),
    }
}

fn class(signs: &mut Vec<char>) -> Node {
    let mut ranges = Vec::new();
    loop {
        let first = signs.pop().unwrap();
        if first == ']' {
            return Node::One(ranges, false);
        }
        let last = match signs.last() {
            Some('-') => {
                signs.pop();
                signs.pop().unwrap()
            }
            _ => first,
        };
        ranges.push((first, last));
    }
}

fn group(signs: &mut Vec<char>) -> Node {
    let mut name = None;
    if signs.last() == Some(&'?') {
        signs.pop();
        assert_eq!(signs.pop(), Some('<'), "only groups with names");
        let mut letters = String::new();
        while let Some(sign) = signs.pop().filter(|sign| *sign != '>') {
            letters.push(sign);
        }
        name = Some(letters);
    }
    let inner = alternatives(signs);
    assert_eq!(signs.pop(), Some(')'));
    Node::Group(name, inner)
}

type Then<'t> = &'t mut dyn FnMut(usize, &mut Captures) -> bool;

fn matches(nodes: &[Node], text: &[char], at: usize, found: &mut Captures, then: Then<'_>) -> bool {
    let Some((node, rest)) = nodes.split_first() else {
        return then(at, found);
    };
    match node {
        Node::Start => at == 0 && matches(rest, text, at, found, then),
        Node::One(ranges, is_none_of) => {
            let fits =
                |sign: &char| ranges.iter().any(|(from, to)| (from..=to).contains(&sign)) != *is_none_of;
            text.get(at).is_some_and(fits) && matches(rest, text, at + 1, found, then)
        }
        Node::Group(name, inner) => inner.iter().any(|branch| {
            matches(branch, text, at, found, &mut |end, found| {
                if let Some(name) = name {
                    found.insert(name.clone(), text[at..end].iter().collect());
                }
                matches(rest, text, end, found, then)
            })
        }),
        Node::Repeat(inner, least, most) => {
            let more = *most > 0
                && matches(std::slice::from_ref(inner), text, at, found, &mut |end, found| {
                    // What takes nothing takes it once.
                    let again = Node::Repeat(inner.clone(), least.saturating_sub(1), most.saturating_sub(1));
                    end > at && matches(&[&[again], rest].concat(), text, end, found, then)
                });
            more || (*least == 0 && matches(rest, text, at, found, then))
        }
    }
}
