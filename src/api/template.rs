//! The template of a machine, and the hash by which a machine is known to be up to date.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::labels::{Labels, Taints};
use super::quantity::Quantity;
use super::text::CloudName;
use super::version::ReleaseName;

/// What a machine is made of. All of it is a reason to replace a machine, except labels and taints, which are
/// changed on the node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct MachineTemplate {
    /// The Release whose image and versions the machine runs.
    pub release: ReleaseName,
    /// The Nova flavor of the server: cpu, memory and disk.
    pub flavor: CloudName,
    /// Size in GiB of a volume to boot from. Left out, the server boots from the disk of its flavor.
    #[serde(default, rename = "rootVolumeGiB", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 10, max = 4096))]
    pub root_volume_gib: Option<u32>,
    /// What the kubelet keeps back from pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<Reserved>,
    /// Labels of the node.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// Taints of the node.
    #[serde(default, skip_serializing_if = "Taints::is_empty")]
    pub taints: Taints,
}

impl MachineTemplate {
    /// The hash of all that is a reason to replace a machine, in 16 hexadecimal digits: a label's value.
    ///
    /// It is the same in every version of the program and on every machine, and the same for amounts that are
    /// only spelled differently. A field that is added later must not change it where that field is left out.
    pub fn hash(&self) -> String {
        let mut parts = vec![self.release.to_string(), self.flavor.to_string()];
        parts.extend(self.root_volume_gib.map(|gib| format!("root={gib}")));
        if let Some(Reserved { cpu, memory, ephemeral_storage }) = &self.reserved {
            parts.extend(cpu.as_ref().map(|cpu| format!("cpu={}m", cpu.milli())));
            parts.extend(memory.as_ref().map(|memory| format!("memory={}", memory.ceil())));
            parts.extend(ephemeral_storage.as_ref().map(|disk| format!("disk={}", disk.ceil())));
        }
        format!("{:016x}", fnv1a(parts.join("\n").as_bytes()))
    }
}

/// FNV-1a with 64 bits: short, and fixed for all time, which the hash of the standard library is not. Nobody
/// gains by making two templates collide, so that nothing stronger is needed.
fn fnv1a(bytes: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// What the kubelet keeps back from pods for the system and itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Reserved {
    /// Processor time in cores: 500m is half a core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Quantity>,
    /// Memory in bytes: 1Gi.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Quantity>,
    /// Disk for logs and container layers in bytes: 10Gi.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ephemeral_storage: Option<Quantity>,
}
