//! Secrets in what a run says: every text of an event, before anybody sees it.

use super::event::{AttemptFailure, DiagnosticEvent, Event};
use crate::diagnostic::Diagnostic;
use crate::secret::Secrets;

/// The event without a secret in it.
pub(super) fn mask(mut event: Event, secrets: &Secrets) -> Event {
    if secrets.is_empty() {
        return event;
    }
    let one = |text: &mut String| hide(text, secrets);
    match &mut event {
        Event::RunStarted { title, .. } => title.iter_mut().for_each(one),
        Event::Notice { text } => one(text),
        Event::PhaseStarted {
            title,
            goal,
            not_judged,
            reminders,
            ..
        } => {
            one(title);
            goal.iter_mut().for_each(one);
            not_judged.iter_mut().for_each(one);
            reminders.iter_mut().for_each(one);
        }
        Event::TasksFinished { file, .. } => one(file),
        Event::GateStarted { title, .. } => title.iter_mut().for_each(one),
        Event::GateAttempt { failure, .. } => hide_failure(failure, secrets),
        Event::GateFinished {
            title,
            reason,
            failures,
            ..
        } => {
            title.iter_mut().for_each(one);
            reason.iter_mut().for_each(one);
            for failure in failures {
                hide_failure(failure, secrets);
            }
        }
        Event::ManualFinished {
            title,
            reason,
            sign_off,
            ..
        } => {
            one(title);
            reason.iter_mut().for_each(one);
            let note = sign_off.iter_mut().flat_map(|sign_off| &mut sign_off.note);
            note.for_each(one);
        }
        Event::PhaseWaiting {
            title,
            checks,
            command,
            ..
        } => {
            one(title);
            one(command);
            for check in checks {
                one(&mut check.title);
                check.reason.iter_mut().for_each(one);
            }
        }
        Event::Diagnostic(event) => hide_diagnostic(event, secrets),
        Event::PhaseSealed { subject, .. } => subject.iter_mut().for_each(one),
        // Names, numbers and ids.
        Event::RunWaiting { .. }
        | Event::ScopeFinished { .. }
        | Event::ServiceStarted { .. }
        | Event::ServiceReady { .. }
        | Event::ServiceStopped { .. }
        | Event::GateBeat { .. }
        | Event::PhasePushed { .. }
        | Event::PhaseFinished { .. }
        | Event::RunFinished { .. } => {}
    }
    event
}

fn hide(text: &mut String, secrets: &Secrets) {
    if let std::borrow::Cow::Owned(masked) = secrets.mask(text) {
        *text = masked;
    }
}

fn hide_failure(failure: &mut AttemptFailure, secrets: &Secrets) {
    hide(&mut failure.message, secrets);
}

fn hide_diagnostic(event: &mut DiagnosticEvent, secrets: &Secrets) {
    let Diagnostic {
        code: _,
        severity: _,
        message,
        labels,
        notes,
        suggestions,
    } = &mut event.diagnostic;
    hide(message, secrets);
    for label in labels {
        hide(&mut label.text, secrets);
    }
    for note in notes {
        hide(note, secrets);
    }
    for suggestion in suggestions {
        hide(&mut suggestion.text, secrets);
        for edit in &mut suggestion.edits {
            hide(&mut edit.replacement, secrets);
        }
    }
    // The texts it points into, too: each place stays where it is.
    event.sources = event.sources.retouched(|text| secrets.mask_in_place(text));
}
