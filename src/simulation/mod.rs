//! A cloud that is not there: a world of plain data with a clock, a seed and faults.
//!
//! [`fleet`] is what tenants want of it, drawn from a file of a few numbers, and [`seeding`] writes that into a manager.
//! [`site`] is what a provider would have bought: zones, hypervisors, flavors, images, networks. [`world`] is what has been
//! made on it, and how it comes and goes by itself. [`cloud`] shows all of it through the same trait as a real OpenStack,
//! and nothing else: whoever asks sees what an API's client would see. [`follow`] does the same for the servers of another
//! cloud, which are there. [`inside`] is what runs on its servers: the user clusters.
//!
//! [`faults`] is what can go wrong, [`fault_entry`] how people write it down, and [`lab`] carries what they wrote while a
//! sandbox runs over to its world. [`scenario`] is a whole story of faults, changes and what has to come of them.
//!
//! Nothing here runs by itself. What changes with time (a server boots, a balancer is made) is written down when it
//! begins, with the time at which it ends, and worked out when somebody looks; so a fleet at rest costs nothing.

pub mod cloud;
pub mod fault_entry;
pub mod faults;
pub mod fleet;
pub mod follow;
pub mod inside;
pub mod lab;
pub mod scenario;
pub mod seeding;
pub mod site;
pub mod world;
