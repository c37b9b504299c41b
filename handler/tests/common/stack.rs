//! The template, translated by SAM and evaluated as CloudFormation would.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::{Map, Value, json};

use super::peers;

/// Regions that have Bedrock.
pub const REGIONS: [&str; 8] = [
    "us-east-1",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-northeast-1",
    "ap-southeast-2",
    "sa-east-1",
    "us-gov-west-1",
];

/// Reads the template, and translates it once for each set of parameters on its input. Code is in S3 when
/// CloudFormation translates it.
pub const TRANSLATE: &str = r#"
import json, sys
import boto3
from cfnlint.decode import cfn_yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

def read():
    template = json.loads(json.dumps(cfn_yaml.load(sys.argv[1])))
    template["Resources"]["Function"]["Properties"]["CodeUri"] = "s3://bucket/key"
    return template

def translate(values):
    session = boto3.Session(region_name="eu-west-1")
    return Translator({}, Parser(), boto_session=session).translate(read(), values)

print(json.dumps([read()] + [translate(values) for values in json.load(sys.stdin)]))
"#;

/// Says for each pattern and text whether the whole of the text is of the pattern, as CloudFormation asks it.
pub const MATCH: &str = r"
import json, re, sys
print(json.dumps([bool(re.fullmatch(pattern, text)) for pattern, text in json.load(sys.stdin)]))
";

pub const MODELS: &str = "amazon.nova-lite-v1:0,eu.amazon.nova-pro-v1:0";
pub const RESOURCES: [&str; 4] = [
    "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0",
    "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.amazon.nova-pro-v1:0",
    "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0",
    "arn:aws:bedrock:eu-north-1::foundation-model/amazon.nova-pro-v1:0",
];

/// Sets of parameters beside the defaults, by name.
pub fn sets() -> Vec<(&'static str, Value)> {
    vec![
        ("defaults", json!({})),
        ("json", json!({"LogFormat": "JSON"})),
        ("provisioned", json!({"ProvisionedConcurrency": "2"})),
        ("alarms", json!({"Alarms": "on"})),
        (
            "topic",
            json!({"Alarms": "on", "AlarmTopic": "arn:aws:sns:eu-west-1:111122223333:chat"}),
        ),
        ("open", json!({"Authorization": "NONE"})),
        (
            "models",
            json!({"ModelIds": MODELS, "ModelResources": RESOURCES.join(",")}),
        ),
        ("no-resources", json!({"ModelIds": MODELS})),
        ("metrics", json!({"Metrics": "emf", "PromptHashKey": "hunter2"})),
    ]
}

/// The folder of the handler.
pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The template.
pub fn path() -> PathBuf {
    folder().join("template.yaml")
}

/// Its guide.
pub fn readme() -> String {
    fs::read_to_string(folder().join("README.md")).unwrap()
}

/// What a Python program answers.
pub fn python(program: &str, input: &Value) -> Value {
    let mut child = Command::new(peers::venv().join("bin/python"))
        .args(["-c", program])
        .arg(path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What cfn-lint says of a template in these regions.
pub fn cfn_lint(regions: &[&str], template: &Path) -> Output {
    Command::new(peers::venv().join("bin/cfn-lint"))
        .arg("--regions")
        .args(regions)
        .arg("--template")
        .arg(template)
        .output()
        .unwrap()
}

/// The template as it stands, and the translated one of each set.
pub fn templates() -> &'static Vec<Value> {
    static TEMPLATES: OnceLock<Vec<Value>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let values: Vec<Value> = sets().into_iter().map(|(_, values)| values).collect();
        let Value::Array(templates) = python(TRANSLATE, &json!(values)) else {
            panic!("the translator answers no array");
        };
        templates
    })
}

/// The template as it stands.
pub fn source() -> &'static Value {
    &templates()[0]
}

/// Its parameters.
pub fn parameters() -> &'static Map<String, Value> {
    source()["Parameters"].as_object().unwrap()
}

/// A translated template with its parameters: what CloudFormation would make of it.
pub struct Stack {
    pub template: &'static Value,
    pub values: BTreeMap<String, String>,
}

impl Stack {
    /// The stack of a set of parameters.
    pub fn of(set: &str) -> Self {
        let sets = sets();
        let place = sets.iter().position(|(name, _)| *name == set).unwrap();
        Self::with(&templates()[place + 1], &sets[place].1)
    }

    pub fn with(template: &'static Value, parameters: &Value) -> Self {
        let mut values: BTreeMap<String, String> = self::parameters()
            .iter()
            .map(|(name, parameter)| (name.clone(), text(&parameter["Default"])))
            .collect();
        for (name, value) in parameters.as_object().unwrap() {
            assert!(values.insert(name.clone(), text(value)).is_some(), "{name}");
        }
        for (name, value) in [
            ("Partition", "aws"),
            ("Region", "eu-west-1"),
            ("AccountId", "111122223333"),
            ("StackName", "chat"),
            ("URLSuffix", "amazonaws.com"),
        ] {
            values.insert(format!("AWS::{name}"), value.to_owned());
        }
        Self { template, values }
    }

    pub fn is(&self, condition: &Value) -> bool {
        if let Value::String(name) = condition {
            return self.is(&self.template["Conditions"][name]);
        }
        let (name, of) = function(condition).unwrap();
        match name {
            "Fn::Not" => !self.is(&of[0]),
            "Fn::Equals" => self.text(&of[0]) == self.text(&of[1]),
            _ => panic!("{name} in a condition"),
        }
    }

    /// A value without functions; `None` if it is `AWS::NoValue`. Attributes of resources are left in angle brackets.
    pub fn value(&self, value: &Value) -> Option<Value> {
        if let Some((name, of)) = function(value) {
            return match (name, of) {
                ("Ref", Value::String(name)) if name == "AWS::NoValue" => None,
                ("Ref", Value::String(name)) => Some(self.reference(name).into()),
                ("Fn::GetAtt", Value::Array(path)) => {
                    let path: Vec<String> = path.iter().map(text).collect();
                    Some(self.reference(&path.join(".")).into())
                }
                ("Fn::If", _) => self.value(&of[if self.is(&of[0]) { 1 } else { 2 }]),
                ("Fn::Sub", Value::String(pattern)) => Some(self.filled(pattern, &Map::new()).into()),
                ("Fn::Sub", _) => {
                    let own = of[1].as_object().unwrap();
                    Some(self.filled(of[0].as_str().unwrap(), own).into())
                }
                ("Fn::Split", _) => {
                    let whole = self.text(&of[1]);
                    Some(whole.split(of[0].as_str().unwrap()).collect())
                }
                _ => panic!("{name} in a value"),
            };
        }
        Some(match value {
            Value::Object(fields) => fields
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), self.value(value)?)))
                .collect(),
            Value::Array(items) => items.iter().filter_map(|item| self.value(item)).collect(),
            other => other.clone(),
        })
    }

    /// A value as text.
    pub fn text(&self, value: &Value) -> String {
        text(&self.value(value).unwrap())
    }

    pub fn reference(&self, name: &str) -> String {
        if let Some(value) = self.values.get(name) {
            return value.clone();
        }
        let resource = name.split('.').next().unwrap();
        assert!(
            self.template["Resources"][resource].is_object(),
            "{name} is not there"
        );
        format!("<{name}>")
    }

    pub fn filled(&self, pattern: &str, own: &Map<String, Value>) -> String {
        let mut parts = pattern.split("${");
        let mut filled = parts.next().unwrap().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap();
            match own.get(name) {
                Some(value) => filled += &self.text(value),
                None => filled += &self.reference(name),
            }
            filled += rest;
        }
        filled
    }

    /// The resources that there are, with their types.
    pub fn types(&self) -> BTreeMap<&'static str, &'static str> {
        let resources = self.template["Resources"].as_object().unwrap();
        let here = resources
            .iter()
            .filter(|(_, resource)| resource.get("Condition").is_none_or(|name| self.is(name)));
        here.map(|(name, resource)| {
            // The translator ends the name of a version in a hash.
            let is_version = name.starts_with("FunctionVersion");
            let name = if is_version { "FunctionVersion" } else { name };
            (name, resource["Type"].as_str().unwrap())
        })
        .collect()
    }

    pub fn properties(&self, resource: &str) -> Value {
        let types = self.types();
        assert!(types.contains_key(resource), "{resource}: {types:?}");
        self.value(&self.template["Resources"][resource]["Properties"])
            .unwrap()
    }

    /// The version's name in the template and its description.
    pub fn version(&self) -> (&str, String) {
        let resources = self.template["Resources"].as_object().unwrap();
        let (name, version) = resources
            .iter()
            .find(|(_, resource)| resource["Type"] == "AWS::Lambda::Version")
            .unwrap();
        (name, self.text(&version["Properties"]["Description"]))
    }

    /// Everything that the role allows: actions and resources.
    pub fn allowed(&self) -> Vec<(Value, Value)> {
        let role = self.properties("Role");
        assert_eq!(role["ManagedPolicyArns"], Value::Null);
        let policies = role["Policies"].as_array().unwrap();
        let statements = policies
            .iter()
            .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
        statements
            .map(|statement| {
                assert_eq!(statement["Effect"], "Allow");
                assert_eq!(statement.as_object().unwrap().len(), 3, "{statement}");
                (statement["Action"].clone(), statement["Resource"].clone())
            })
            .collect()
    }
}

/// The CloudFormation function that a value is.
pub fn function(value: &Value) -> Option<(&str, &Value)> {
    let fields = value.as_object().filter(|fields| fields.len() == 1)?;
    let (name, of) = fields.iter().next()?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name, of))
}

/// A value as text.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Calls `with` each name that is referred to.
pub fn references(value: &Value, with: &mut impl FnMut(&str)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, with)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("Ref", Value::String(name)) => with(name),
                    ("Fn::Sub", Value::String(pattern)) => pattern
                        .split("${")
                        .skip(1)
                        .filter_map(|part| part.split('}').next())
                        .for_each(&mut *with),
                    _ => references(value, with),
                }
            }
        }
        _ => {}
    }
}

/// What stands between fences of a language in README.md.
pub fn blocks(language: &str) -> Vec<String> {
    let readme = readme();
    let fence = format!("\n```{language}\n");
    readme
        .split(&fence)
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap().to_owned())
        .collect()
}
