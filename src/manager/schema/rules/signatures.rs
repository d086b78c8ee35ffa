//! Which functions there are, and what they take and give.
//!
//! These are the ones of `k8s.io/apiserver/pkg/cel/library` and of the language itself that this server runs; a
//! rule that calls another one is refused.

use std::collections::HashMap;
use std::rc::Rc;

use super::types::Ty;

/// The type of a quantity.
pub const QUANTITY: &str = "kubernetes.Quantity";
/// The type of an address.
pub const IP: &str = "net.IP";
/// The type of a range of addresses.
pub const CIDR: &str = "net.CIDR";

/// One way to call a function.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The type of what it is called on, if it is a member.
    pub target: Option<Ty<'static>>,
    /// The types of the arguments.
    pub arguments: Vec<Ty<'static>>,
    /// The type of the result.
    pub result: Ty<'static>,
}

/// All functions by name.
pub type Table = HashMap<&'static str, Vec<Signature>>;

/// `name: [target.](arguments) result; …`, one function a line. `A` and `B` stand for any type.
const FUNCTIONS: &str = "
_==_: (A,A) bool
_!=_: (A,A) bool
_<_: ORDERED
_<=_: ORDERED
_>_: ORDERED
_>=_: ORDERED
_+_: (int,int) int; (uint,uint) uint; (double,double) double; (string,string) string; (bytes,bytes) bytes; (list<A>,list<A>) list<A>; (timestamp,duration) timestamp; (duration,timestamp) timestamp; (duration,duration) duration
_-_: (int,int) int; (uint,uint) uint; (double,double) double; (timestamp,timestamp) duration; (timestamp,duration) timestamp; (duration,duration) duration
_*_: (int,int) int; (uint,uint) uint; (double,double) double
_/_: (int,int) int; (uint,uint) uint; (double,double) double
_%_: (int,int) int; (uint,uint) uint
-_: (int) int; (double) double
!_: (bool) bool
_&&_: (bool,bool) bool
_||_: (bool,bool) bool
_?_:_: (bool,A,A) A
@not_strictly_false: (bool) bool
@in: (A,list<A>) bool; (A,map<A,B>) bool
_[_]: (list<A>,int) A; (map<A,B>,A) B; (optional<list<A>>,int) optional<A>; (optional<map<A,B>>,A) optional<B>
_[?_]: (list<A>,int) optional<A>; (map<A,B>,A) optional<B>; (optional<list<A>>,int) optional<A>; (optional<map<A,B>>,A) optional<B>
size: (string) int; (bytes) int; (list<A>) int; (map<A,B>) int; string.() int; bytes.() int; list<A>.() int; map<A,B>.() int
type: (A) type
dyn: (A) dyn
bool: (bool) bool; (string) bool
int: (int) int; (uint) int; (double) int; (string) int; (timestamp) int
uint: (uint) uint; (int) uint; (double) uint; (string) uint
double: (double) double; (int) double; (uint) double; (string) double
string: (string) string; (bool) string; (int) string; (uint) string; (double) string; (bytes) string; (duration) string; (timestamp) string; (ip) string; (cidr) string
bytes: (bytes) bytes; (string) bytes
duration: (duration) duration; (string) duration
timestamp: (timestamp) timestamp; (string) timestamp; (int) timestamp
getDate: timestamp.() int; timestamp.(string) int
getDayOfMonth: timestamp.() int; timestamp.(string) int
getDayOfWeek: timestamp.() int; timestamp.(string) int
getDayOfYear: timestamp.() int; timestamp.(string) int
getFullYear: timestamp.() int; timestamp.(string) int
getMonth: timestamp.() int; timestamp.(string) int
getHours: timestamp.() int; timestamp.(string) int; duration.() int
getMinutes: timestamp.() int; timestamp.(string) int; duration.() int
getSeconds: timestamp.() int; timestamp.(string) int; duration.() int
getMilliseconds: timestamp.() int; timestamp.(string) int; duration.() int
contains: string.(string) bool
startsWith: string.(string) bool
endsWith: string.(string) bool
matches: string.(string) bool; (string,string) bool
find: string.(string) string
findAll: string.(string) list<string>; string.(string,int) list<string>
charAt: string.(int) string
lowerAscii: string.() string
upperAscii: string.() string
trim: string.() string
replace: string.(string,string) string; string.(string,string,int) string
split: string.(string) list<string>; string.(string,int) list<string>
substring: string.(int) string; string.(int,int) string
join: list<string>.() string; list<string>.(string) string
format: string.(list<dyn>) string
indexOf: string.(string) int; string.(string,int) int; list<A>.(A) int
lastIndexOf: string.(string) int; string.(string,int) int; list<A>.(A) int
reverse: list<A>.() list<A>
isSorted: list<A>.() bool
sum: list<int>.() int; list<double>.() double; list<duration>.() duration
min: list<A>.() A
max: list<A>.() A
slice: list<A>.(int,int) list<A>
distinct: list<A>.() list<A>
sort: list<A>.() list<A>
quantity: (string) quantity
isQuantity: (string) bool
isInteger: quantity.() bool
asInteger: quantity.() int
asApproximateFloat: quantity.() double
sign: (quantity) int
add: quantity.(quantity) quantity; quantity.(int) quantity
sub: quantity.(quantity) quantity; quantity.(int) quantity
isLessThan: quantity.(quantity) bool
isGreaterThan: quantity.(quantity) bool
compareTo: quantity.(quantity) int
ip: (string) ip; cidr.() ip
isIP: (string) bool
ip.isCanonical: (string) bool
family: ip.() int
isUnspecified: ip.() bool
isLoopback: ip.() bool
isLinkLocalMulticast: ip.() bool
isLinkLocalUnicast: ip.() bool
isGlobalUnicast: ip.() bool
cidr: (string) cidr
isCIDR: (string) bool
containsIP: cidr.(string) bool; cidr.(ip) bool
containsCIDR: cidr.(string) bool; cidr.(cidr) bool
masked: cidr.() cidr
prefixLength: cidr.() int
optional.of: (A) optional<A>
optional.none: () optional<A>
optional.ofNonZeroValue: (A) optional<A>
hasValue: optional<A>.() bool
value: optional<A>.() A
or: optional<A>.(optional<A>) optional<A>
orValue: optional<A>.(A) A
";

/// What can be ordered: each type with itself, and numbers with each other.
const ORDERED: [&str; 8] = ["bool", "int", "uint", "double", "string", "bytes", "duration", "timestamp"];

/// Reads the table. It is made for each CustomResourceDefinition anew: that is rare, and types are not shared
/// between threads.
pub fn table() -> Table {
    let mut table = Table::new();
    for line in FUNCTIONS.lines() {
        let Some((name, ways)) = line.split_once(": ") else { continue };
        let signatures = match ways {
            "ORDERED" => ordered(),
            ways => ways.split("; ").filter_map(signature).collect(),
        };
        table.insert(name, signatures);
    }
    table
}

fn ordered() -> Vec<Signature> {
    let mut signatures = Vec::new();
    for one in ORDERED {
        for other in ORDERED {
            let numbers = ["int", "uint", "double"];
            if one == other || numbers.contains(&one) && numbers.contains(&other) {
                signatures.extend(signature(&format!("({one},{other}) bool")));
            }
        }
    }
    signatures
}

fn signature(text: &str) -> Option<Signature> {
    let (head, rest) = text.split_once('(')?;
    let (arguments, result) = rest.rsplit_once(") ")?;
    let target = head.strip_suffix('.').map(|name| read(name).0);
    let mut rest = arguments;
    let mut read_arguments = Vec::new();
    while !rest.is_empty() {
        let (argument, after) = read(rest);
        read_arguments.push(argument);
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    Some(Signature { target, arguments: read_arguments, result: read(result).0 })
}

/// Reads a type and says what follows it.
fn read(text: &str) -> (Ty<'static>, &str) {
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let simple = match name {
        "A" => Ty::Parameter(0),
        "B" => Ty::Parameter(1),
        "null" => Ty::Null,
        "bool" => Ty::Bool,
        "int" => Ty::Int,
        "uint" => Ty::Uint,
        "double" => Ty::Double,
        "string" => Ty::Text,
        "bytes" => Ty::Bytes,
        "duration" => Ty::Duration,
        "timestamp" => Ty::Timestamp,
        "type" => Ty::Type,
        "quantity" => Ty::Named(QUANTITY),
        "ip" => Ty::Named(IP),
        "cidr" => Ty::Named(CIDR),
        _ => Ty::Dyn,
    };
    let Some(inside) = rest.strip_prefix('<') else { return (simple, rest) };
    let (first, rest) = read(inside);
    match name {
        "map" => {
            let (second, rest) = read(rest.strip_prefix(',').unwrap_or(rest));
            (Ty::Map(Rc::new(first), Rc::new(second)), rest.strip_prefix('>').unwrap_or(rest))
        }
        "optional" => (Ty::Optional(Rc::new(first)), rest.strip_prefix('>').unwrap_or(rest)),
        _ => (Ty::List(Rc::new(first)), rest.strip_prefix('>').unwrap_or(rest)),
    }
}
