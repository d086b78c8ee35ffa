//! The rules as data: who may import whom, and what may be used where.

use crate::names::Use;

/// A part of the crate, and the parts that it may import. The longest part that a module lies in is meant.
pub const IMPORTS: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("settings", &[]),
    ("logging", &["clock"]),
    ("api", &["clock"]),
    ("manager", &["clock"]),
    ("planning", &["api", "clock", "cloud::types"]),
    ("cloud", &["api", "clock"]),
    ("cloud::openstack", &["cloud", "api", "clock"]),
    ("workload", &["api", "clock"]),
    ("bootstrap", &["api", "clock"]),
    ("simulation", &["cloud", "workload", "manager", "api", "clock"]),
    ("engine", &["api", "planning", "cloud", "workload", "bootstrap", "clock"]),
    ("console", &["console::screens::fault_lab", "api", "planning", "engine", "settings", "clock"]),
    (
        "console::screens::fault_lab",
        &["console", "api", "planning", "engine", "settings", "clock", "simulation"],
    ),
    ("cli", EVERYTHING),
    ("startup", EVERYTHING),
    ("main", EVERYTHING),
];

/// For the parts that put the others together.
pub const EVERYTHING: &[&str] = &["*"];

/// Something that may be used in some places only.
pub struct Forbidden {
    /// The rule's name, as it is printed.
    pub rule: &'static str,
    /// How it is used.
    pub used: Use,
    /// Names; a path also covers everything below it.
    pub names: &'static [&'static str],
    /// Where it may be used all the same.
    pub except: &'static [&'static str],
    /// Where alone it is forbidden; empty means everywhere.
    pub only: &'static [&'static str],
    /// Whether tests have to do without it too.
    pub in_tests: bool,
    /// What to do instead.
    pub instead: &'static str,
}

const EVERYWHERE: Forbidden =
    Forbidden { rule: "", used: Use::Path, names: &[], except: &[], only: &[], in_tests: false, instead: "" };

/// What may be used in some places only.
pub const FORBIDDEN: &[Forbidden] = &[
    Forbidden {
        rule: "no panics",
        used: Use::Method,
        names: &["unwrap", "expect", "unwrap_err", "expect_err"],
        instead: "return an error, or write the code so that it cannot fail",
        ..EVERYWHERE
    },
    Forbidden {
        rule: "no panics",
        used: Use::Macro,
        names: &["panic", "todo", "unimplemented", "unreachable", "dbg"],
        instead: "return an error, or use a type in which the case does not exist",
        ..EVERYWHERE
    },
    Forbidden {
        rule: "no own macros",
        used: Use::Macro,
        names: &["macro_rules"],
        in_tests: true,
        instead: "write a function, a table or a generic",
        ..EVERYWHERE
    },
    Forbidden {
        rule: "one clock",
        names: &[
            "std::time::SystemTime::now",
            "std::time::Instant::now",
            "chrono::Utc::now",
            "chrono::Local::now",
            "k8s_openapi::jiff::Timestamp::now",
        ],
        except: &["clock"],
        instead: "call clock::now(), or tokio::time for timers, so that tests can pause it",
        ..EVERYWHERE
    },
    Forbidden {
        rule: "no sleeping threads",
        names: &["std::thread::sleep"],
        in_tests: true,
        instead: "await tokio::time::sleep, or wait for what you are waiting for",
        ..EVERYWHERE
    },
    Forbidden {
        rule: "bounded channels",
        names: &[
            "tokio::sync::mpsc::unbounded_channel",
            "tokio::sync::mpsc::UnboundedSender",
            "std::sync::mpsc::channel",
            "futures::channel::mpsc::unbounded",
        ],
        instead: "use a channel with a capacity, and decide what happens when it is full",
        ..EVERYWHERE
    },
    Forbidden {
        rule: "seeded randomness",
        names: &[
            "rand::rng",
            "rand::random",
            "rand::thread_rng",
            "rand::rngs::ThreadRng",
            "rand::rngs::SysRng",
            "rand::rngs::OsRng",
            "rand::make_rng",
        ],
        except: &["startup"],
        instead: "take a seed, or a generator made from one, as an argument",
        ..EVERYWHERE
    },
    Forbidden {
        rule: "the terminal belongs to the command line",
        used: Use::Macro,
        names: &["println", "eprintln", "print", "eprint"],
        except: &["cli", "main"],
        instead: "log with tracing, or return what is to be printed",
        ..EVERYWHERE
    },
    Forbidden {
        rule: "the terminal belongs to the command line",
        names: &["std::io::stdout", "std::io::stderr"],
        except: &["cli", "main", "console::terminal"],
        instead: "log with tracing, or return what is to be printed",
        ..EVERYWHERE
    },
    Forbidden {
        rule: "one exit",
        names: &["std::process::exit", "std::process::abort"],
        except: &["main"],
        instead: "return a failure with its exit code",
        ..EVERYWHERE
    },
    Forbidden {
        rule: "OpenStack has one user",
        names: &["openstack", "osauth"],
        except: &["cloud::openstack"],
        instead: "ask the `Cloud` trait",
        ..EVERYWHERE
    },
    Forbidden {
        rule: "the screen has one user",
        names: &["ratatui", "crossterm"],
        except: &["console"],
        instead: "say what is to be seen as data, and let the console draw it",
        ..EVERYWHERE
    },
    Forbidden {
        rule: "planning is pure",
        names: &[
            "tokio",
            "futures",
            "hyper",
            "reqwest",
            "rand",
            "tower",
            "kube::Api",
            "kube::Client",
            "kube::api",
            "kube::client",
            "kube::runtime",
            "std::fs",
            "std::io",
            "std::net::TcpListener",
            "std::net::TcpStream",
            "std::net::ToSocketAddrs",
            "std::net::UdpSocket",
            "std::process",
            "std::thread",
            "std::env",
            "std::time::SystemTime",
            "std::time::Instant",
        ],
        only: &["planning"],
        in_tests: true,
        instead: "take what was observed as an argument and return what is to be done",
        ..EVERYWHERE
    },
    Forbidden {
        rule: "reports are for people",
        names: &["color_eyre", "eyre", "anyhow"],
        except: &["main", "cli", "startup"],
        instead: "give the module an error enum with thiserror",
        ..EVERYWHERE
    },
];
