//! A `retry` of what comes out the same every time only hides that it does not.

use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{
    Builtin, CommandForm, CommandPart, Expr, ExprKind, OutputStream, Retry, Step, StepKind,
    TemplatePart,
};

use super::look::{Look, steps_of};

/// Words of commands that depend on more than the tree: on a network, a process, time.
const WORDS: &str = "
    ab acceptance adb ansible api apk apt audit aws az brew browser browsers buildah buildx
    cdn chaos chrome chromium clone cloud cluster compose concurrency concurrent connect
    consul crane curl cypress daemon database db deploy deployment dig dlx dnf dns docker
    download dynamodb e2e emulator endpoint endpoints etcd expo fetch firefox flake flaky ftp
    fuzz gcloud gh grpc grpcurl gsutil health healthcheck healthz helm heroku hey host http
    httpie https hurl install integration jmeter k3d k6 k8s kafka kcat kind kubectl latency
    localhost locust login lsof mail minikube mongo mongosh mysql nats nc ncat net netcat
    network newman nmap npm npx nslookup oc online openssl pg ping pip pip3 pipx playwright
    podman port ports postgres psql publish pull puppeteer push rabbitmq race random ready
    redis remote request requests retry rsync s3 scp selenium serve server service services
    sftp sleep smoke smtp soak socat socket sql ss ssh staging stress systemctl tcp telnet
    terraform testcafe testcontainers timeout timing tls traceroute udp up update upgrade
    upload uri url urllib vault wait wait4x watch webdriver websocat websocket wget wrk ws wss
    xh yum
";

pub(super) fn look(look: &Look<'_>, found: &mut Vec<Diagnostic>) {
    for phase in &look.plan.phases {
        for gate in &phase.gates {
            if !phase.services.is_empty() || !gate.services.is_empty() || gate.hold.is_some() {
                continue;
            }
            let mut steps = Vec::new();
            steps_of(&gate.steps, &mut steps);
            if let Some(retry) = &gate.retry
                && !steps.iter().any(|step| may_flake(step))
            {
                found.push(idle(retry));
            }
            for step in steps {
                let StepKind::Check(check) = &step.kind else {
                    continue;
                };
                let mut within = Vec::new();
                steps_of(&check.steps, &mut within);
                if let Some(retry) = &check.retry
                    && check.services.is_empty()
                    && !within.iter().any(|step| may_flake(step))
                {
                    found.push(idle(retry));
                }
            }
        }
    }
}

fn idle(retry: &Retry) -> Diagnostic {
    Diagnostic::new(
        Code::IDLE_RETRY,
        "this is tried again, and nothing in it has a reason to come out otherwise",
        retry.span,
    )
    .note("there is no service, and no command speaks to a network")
    .help("remove the `retry`: if it helps now and then, it hides what is wrong")
}

fn may_flake(step: &Step) -> bool {
    match &step.kind {
        StepKind::Command(command) => match &command.form {
            CommandForm::Shell { parts, .. } => parts.iter().any(|part| match part {
                CommandPart::Text(text) => speaks(text),
                CommandPart::Value { expr, .. } => expr.any(&mut hints),
            }),
            CommandForm::Script { program, source } => {
                program.any(&mut hints) || source.any(&mut hints)
            }
        },
        StepKind::Expect(expect) => expect.expr.any(&mut hints),
        StepKind::Let { value, .. } | StepKind::Ratchet { value, .. } => value.any(&mut hints),
        StepKind::Rhai(rhai) => speaks(&rhai.script),
        StepKind::Library { name, .. } => name.starts_with("http."),
        // Its steps are looked at by themselves.
        StepKind::Check(_) => false,
    }
}

/// Whether a value speaks of a network, or is one of time or chance.
fn hints(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal { value, .. } => value.text().is_some_and(|text| speaks(&text)),
        ExprKind::Template(parts) => parts.iter().any(|part| match part {
            TemplatePart::Text(text) => speaks(text),
            TemplatePart::Value(_) => false,
        }),
        ExprKind::Builtin(Builtin::Output {
            stream: OutputStream::Time,
            ..
        })
        | ExprKind::Call {
            function: crate::plan::Function::FreePort,
            ..
        } => true,
        ExprKind::Builtin(Builtin::Local { name, .. } | Builtin::Global(name)) => speaks(name),
        _ => false,
    }
}

fn speaks(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("http")
        || text.contains("://")
        || text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| WORDS.split_whitespace().any(|known| known == word))
}
