//! Floor 5: the records of one request become one invocation, and a ledger accounts for every
//! event.
//!
//! The order of the input does not matter: rows are collected, sorted by request id and merged,
//! so any order of files and lines gives the same result.
//!
//! ```text
//! platform   INIT_START      START |------- Duration -------| END REPORT
//! init       |== Init ==|
//! handler                          [ before ][ inference ][ after ]   timing record
//! total      |======================================================|
//! ```

mod assemble;
mod bits;
mod blanks;
mod by_time;
mod codes;
mod collect;
mod drafts;
mod duplicates;
mod environment;
mod facts;
mod finish;
mod folded;
mod gather;
mod inference;
mod invocations;
mod join;
mod joiner;
mod ledger;
mod model_call;
mod names;
mod naming;
mod optional;
mod part;
mod path;
mod repeats;
mod request;
mod rows;
mod side_by_side;
mod starts;
mod streams;
mod tables;

pub use assemble::Assembler;
pub use collect::{Collected, Collector, Span};
pub use facts::Facts;
#[cfg(feature = "cli")]
pub(crate) use folded::Folded;
pub use gather::{Gathering, Listen};
pub use invocations::Invocations;
pub use ledger::{Ledger, REJECTED_KEPT};
pub use model_call::ModelCall;
pub use names::{Model, Names, SourceFile};
pub use optional::{Optional, Whole};
pub use part::{Part, Sifter};
pub use path::{
    ClientOutcome, ClientPhase, ClientSeen, GatewaySeen, Integration, InvocationSeen, PathRequest, PathRun,
};
pub use request::{CallsCombined, Inference, Invocation, ModelUse, Outcome, StartType};
#[cfg(feature = "cli")]
pub(crate) use side_by_side::{Task, WORTH_A_THREAD, side_by_side};
