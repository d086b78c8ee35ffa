//! The program: arguments, startup, exit code, the error chain.

use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ErrorKind};
use kaasboard::api::operation::Verb;
use kaasboard::cli::arguments::{Arguments, Command};
use kaasboard::cli::failure::{Exit, Failure};
use kaasboard::cli::operate::run;
use kaasboard::cli::{
    apply, bootstrap_data, completions, config, console, crds, doctor, engine, explain, fault, get,
    kubeconfig, manager, output, sandbox, screen, walkthrough,
};
use kaasboard::startup;

/// Tens of thousands of small objects come and go all the time: the system's allocator keeps nearly twice the memory
/// for them and takes half as long again (`cargo bench --bench manager`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    startup::report_panics();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(answer) => return print_answer(&answer),
    };
    match dispatch(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::note(&failure.to_string());
            ExitCode::from(failure.exit as u8)
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        Some(Command::Config(config)) => config::run(config),
        Some(Command::Crds) => crds::run(),
        Some(Command::Get(arguments)) => get::run(&arguments),
        Some(Command::Sandbox(arguments)) => sandbox::run(&arguments),
        Some(Command::Explain(arguments)) => explain::run::run(&arguments),
        Some(Command::Doctor(arguments)) => doctor::run::run(&arguments),
        Some(Command::Apply(arguments)) => apply::run(&arguments),
        Some(Command::Heal(typed)) => run::forced(Verb::Heal, &typed),
        Some(Command::Scale(typed)) => run::scale(&typed),
        Some(Command::Drain(typed)) => run::plain(Verb::Drain, &typed),
        Some(Command::Uncordon(typed)) => run::plain(Verb::Uncordon, &typed),
        Some(Command::Pause(typed)) => run::plain(Verb::Pause, &typed),
        Some(Command::Resume(typed)) => run::plain(Verb::Resume, &typed),
        Some(Command::Retry(typed)) => run::plain(Verb::Retry, &typed),
        Some(Command::Delete(typed)) => run::forced(Verb::Delete, &typed),
        Some(Command::Fence(typed)) => run::fence(&typed),
        Some(Command::Brake(typed)) => run::brake(&typed),
        Some(Command::Cancel(typed)) => run::cancel(&typed),
        Some(Command::Approve(typed)) => run::approve(&typed),
        Some(Command::Kubeconfig(arguments)) => kubeconfig::run(arguments),
        Some(Command::BootstrapData(arguments)) => bootstrap_data::run(&arguments),
        Some(Command::Fault(arguments)) => fault::run(&arguments),
        Some(Command::Faults(arguments)) => fault::list(&arguments),
        Some(Command::Engine(arguments)) => engine::run(&arguments),
        Some(Command::Screen(arguments)) => screen::run(&arguments),
        Some(Command::Walkthrough(arguments)) => walkthrough::run(&arguments),
        Some(Command::Manager(command)) => manager::run(&command),
        Some(Command::Completions(arguments)) => completions::run(&arguments),
        None => console::run(&arguments.look),
    }
}

/// Help and version are results; everything else that clap answers is a mistake in the command line.
fn print_answer(answer: &clap::Error) -> ExitCode {
    // A reader who has left, as in `kaasboard --help | head -1`, has seen enough.
    let _ = answer.print();
    if answer.kind() == ErrorKind::ArgumentConflict && answer.get(ContextKind::InvalidSubcommand).is_some() {
        output::note("\n   do: options come after the verb: kaasboard get clusters --kubeconfig FILE");
    }
    match answer.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(Exit::Usage as u8),
    }
}
