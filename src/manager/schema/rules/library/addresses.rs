//! Addresses and ranges of addresses: `ip(…)`, `cidr(…).containsIP(…)`.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cel::common::types::{CelBool, CelInt, CelString, STRING_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use cel::{DeclarationError, Env, ExecutionError};

use crate::manager::schema::rules::signatures::{CIDR, IP};

static IP_KIND: Type = Type::new_unspecified_type(IP);
static CIDR_KIND: Type = Type::new_unspecified_type(CIDR);

/// An address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ip(IpAddr);

/// An address and how many of its bits name the range that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    address: IpAddr,
    bits: u8,
}

impl Ip {
    /// Reads an address. Zones and IPv4 addresses in IPv6 form are refused, as in Kubernetes.
    fn parse(text: &str) -> Option<Self> {
        let address: IpAddr = text.parse().ok()?;
        let is_mapped = matches!(address, IpAddr::V6(six) if six.to_ipv4_mapped().is_some());
        (!is_mapped).then_some(Self(address))
    }
}

impl Cidr {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let Ip(address) = Ip::parse(address)?;
        let is_plain =
            bits == "0" || !bits.starts_with('0') && bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits: u8 = bits.parse().ok().filter(|_| is_plain)?;
        (bits <= width(address)).then_some(Self { address, bits })
    }

    fn masked(self) -> Self {
        Self { address: mask(self.address, self.bits), ..self }
    }

    fn holds(self, address: IpAddr) -> bool {
        width(address) == width(self.address) && mask(address, self.bits) == mask(self.address, self.bits)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn mask(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(four) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(four.to_bits() & mask))
        }
        IpAddr::V6(six) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & mask))
        }
    }
}

impl Val for Ip {
    fn get_type(&self) -> &Type {
        &IP_KIND
    }

    fn cel_type() -> &'static Type {
        &IP_KIND
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>().is_some_and(|other| self == other)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(*self)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Ip {}

impl Val for Cidr {
    fn get_type(&self) -> &Type {
        &CIDR_KIND
    }

    fn cel_type() -> &'static Type {
        &CIDR_KIND
    }

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>().is_some_and(|other| self == other)
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(*self)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Cidr {}

/// Declares the functions.
pub fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    declare_ip(env)?;
    let (ip, cidr) = (|| IP_KIND.to_owned(), || CIDR_KIND.to_owned());
    env.add_overload("cidr", "string_to_cidr", vec![STRING_TYPE], |args| {
        Ok(CowVal::owned(read_cidr(text(&args, 0)?)?))
    })?;
    env.add_overload("isCIDR", "is_cidr", vec![STRING_TYPE], |args| {
        bool(Cidr::parse(text(&args, 0)?).is_some())
    })?;
    env.add_overload("string", "cidr_to_string", vec![cidr()], |args| {
        let Cidr { address, bits } = own_cidr(&args)?;
        Ok(CowVal::owned(CelString::from(format!("{address}/{bits}"))))
    })?;
    env.add_member_overload("ip", "cidr_ip", cidr(), vec![], |args| {
        Ok(CowVal::owned(Ip(own_cidr(&args)?.address)))
    })?;
    env.add_member_overload("masked", "cidr_masked", cidr(), vec![], |args| {
        Ok(CowVal::owned(own_cidr(&args)?.masked()))
    })?;
    env.add_member_overload("prefixLength", "cidr_prefix_length", cidr(), vec![], |args| {
        Ok(CowVal::owned(CelInt::from(i64::from(own_cidr(&args)?.bits))))
    })?;
    env.add_member_overload("containsIP", "cidr_contains_ip", cidr(), vec![ip()], |args| {
        let other = args.get(1).and_then(|value| value.downcast_ref::<Ip>());
        bool(own_cidr(&args)?.holds(other.ok_or_else(missing)?.0))
    })?;
    env.add_member_overload("containsIP", "cidr_contains_ip_string", cidr(), vec![STRING_TYPE], |args| {
        bool(own_cidr(&args)?.holds(read_ip(text(&args, 1)?)?.0))
    })?;
    env.add_member_overload("containsCIDR", "cidr_contains_cidr", cidr(), vec![cidr()], |args| {
        let other = args.get(1).and_then(|value| value.downcast_ref::<Cidr>());
        contains(own_cidr(&args)?, *other.ok_or_else(missing)?)
    })?;
    env.add_member_overload("containsCIDR", "cidr_contains_cidr_string", cidr(), vec![STRING_TYPE], |args| {
        contains(own_cidr(&args)?, read_cidr(text(&args, 1)?)?)
    })
}

fn declare_ip(env: &mut Env) -> Result<(), DeclarationError> {
    let ip = || IP_KIND.to_owned();
    env.add_overload("ip", "string_to_ip", vec![STRING_TYPE], |args| {
        Ok(CowVal::owned(read_ip(text(&args, 0)?)?))
    })?;
    env.add_overload("isIP", "is_ip", vec![STRING_TYPE], |args| bool(Ip::parse(text(&args, 0)?).is_some()))?;
    env.add_overload("ip.isCanonical", "ip_is_canonical", vec![STRING_TYPE], |args| {
        let text = text(&args, 0)?;
        bool(read_ip(text)?.0.to_string() == text)
    })?;
    env.add_overload("string", "ip_to_string", vec![ip()], |args| {
        Ok(CowVal::owned(CelString::from(own_ip(&args)?.to_string())))
    })?;
    env.add_member_overload("family", "ip_family", ip(), vec![], |args| {
        Ok(CowVal::owned(CelInt::from(if own_ip(&args)?.is_ipv4() { 4 } else { 6 })))
    })?;
    env.add_member_overload("isUnspecified", "ip_is_unspecified", ip(), vec![], |args| {
        bool(own_ip(&args)?.is_unspecified())
    })?;
    env.add_member_overload("isLoopback", "ip_is_loopback", ip(), vec![], |args| {
        bool(own_ip(&args)?.is_loopback())
    })?;
    env.add_member_overload("isLinkLocalMulticast", "ip_is_link_local_multicast", ip(), vec![], |args| {
        bool(match own_ip(&args)? {
            IpAddr::V4(four) => matches!(four.octets(), [224, 0, 0, _]),
            IpAddr::V6(six) => six.segments()[0] & 0xff0f == 0xff02,
        })
    })?;
    env.add_member_overload("isLinkLocalUnicast", "ip_is_link_local_unicast", ip(), vec![], |args| {
        bool(is_link_local(own_ip(&args)?))
    })?;
    env.add_member_overload("isGlobalUnicast", "ip_is_global_unicast", ip(), vec![], |args| {
        let address = own_ip(&args)?;
        let is_broadcast = matches!(address, IpAddr::V4(four) if four.is_broadcast());
        let special = address.is_unspecified() || address.is_loopback() || address.is_multicast();
        bool(!is_broadcast && !special && !is_link_local(address))
    })
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_link_local(),
        IpAddr::V6(six) => six.is_unicast_link_local(),
    }
}

fn contains<'b, 'v>(range: Cidr, other: Cidr) -> Result<CowVal<'b, 'v>, ExecutionError> {
    bool(other.bits >= range.bits && range.holds(other.address))
}

fn bool<'b, 'v>(value: bool) -> Result<CowVal<'b, 'v>, ExecutionError> {
    Ok(CowVal::owned(CelBool::from(value)))
}

fn missing() -> ExecutionError {
    ExecutionError::missing_argument_or_target()
}

fn text<'a>(args: &'a [CowVal<'_, '_>], at: usize) -> Result<&'a str, ExecutionError> {
    let text = args.get(at).and_then(|value| value.downcast_ref::<CelString>());
    text.map(CelString::inner).ok_or_else(missing)
}

fn own_ip(args: &[CowVal<'_, '_>]) -> Result<IpAddr, ExecutionError> {
    args.first().and_then(|value| value.downcast_ref::<Ip>()).map(|ip| ip.0).ok_or_else(missing)
}

fn own_cidr(args: &[CowVal<'_, '_>]) -> Result<Cidr, ExecutionError> {
    args.first().and_then(|value| value.downcast_ref::<Cidr>()).copied().ok_or_else(missing)
}

fn read_ip(text: &str) -> Result<Ip, ExecutionError> {
    Ip::parse(text).ok_or_else(|| {
        let why = match text.parse::<Ipv6Addr>() {
            Ok(_) => format!("IPv4-mapped IPv6 address {text:?} is not allowed"),
            Err(_) => {
                format!("IP Address {text:?} parse error during conversion from string: {}", why_no_ip(text))
            }
        };
        ExecutionError::function_error("ip", why)
    })
}

/// Why a text is no address, in Go's words for the usual cases.
fn why_no_ip(text: &str) -> String {
    let has_leading_zero = text.split('.').any(|octet| octet.len() > 1 && octet.starts_with('0'));
    let why = match text.contains('.') && !text.contains(':') {
        true if has_leading_zero => "IPv4 field has octet with leading zero",
        true if text.split('.').count() < 4 => "IPv4 address too short",
        true if text.split('.').count() > 4 => "IPv4 address too long",
        _ => "unable to parse IP",
    };
    format!("ParseAddr({text:?}): {why}")
}

fn read_cidr(text: &str) -> Result<Cidr, ExecutionError> {
    Cidr::parse(text).ok_or_else(|| {
        let why = match text.rsplit_once('/') {
            None => "no '/'".to_owned(),
            Some((address, _)) if Ip::parse(address).is_none() => why_no_ip(address),
            Some((_, bits)) if bits.parse::<u16>().is_ok() => "prefix length out of range".to_owned(),
            Some((_, bits)) => format!("bad bits after slash: {bits:?}"),
        };
        // Kubernetes says it twice.
        let twice = "network address parse error during conversion from string: ".repeat(2);
        ExecutionError::function_error("cidr", format!("{twice}netip.ParsePrefix({text:?}): {why}"))
    })
}
