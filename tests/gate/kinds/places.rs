//! Where the repository, its working tree and its index lie.

use super::{Place, place, project};
use crate::project::Project;

#[test]
fn a_repository_without_a_working_tree() {
    let outer = Project::empty();
    outer.git(&["init", "--quiet", "--bare", "bare"]);
    let answer = Place::new(&outer, "bare").gate(&["run"]).exits(2);
    assert!(answer.stderr.contains("E0403"), "{}", answer.stderr);
    assert!(answer.stderr.contains("is bare"), "{}", answer.stderr);
}

#[test]
fn a_working_tree_of_a_bare_repository() {
    let (source, outer) = (project("test -f a"), Project::empty());
    let from = source.path().to_str().unwrap();
    outer.git(&["clone", "--quiet", "--bare", from, "bare"]);
    let bare = Place::new(&outer, "bare").identified();
    bare.git(&["worktree", "add", "--quiet", "../tree", "main"]);
    let tree = Place::new(&outer, "tree");
    tree.write("a", "1\n");
    tree.git(&["add", "a"]);
    let answer = tree.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(place(&answer), "in-place");
    tree.write("not-staged", "1\n");
    let answer = tree.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(place(&answer), "checkout");
    assert_eq!(
        bare.git(&["log", "-1", "--format=%s", "one"]),
        "feat(one): one"
    );
}

#[test]
fn an_index_of_the_callers() {
    for index in ["other", ".git/other"] {
        // The gate's own git sees the index that is judged.
        let project = project("test \"$(git ls-files)\" = \"$(printf 'a\\nplan.gate')\"");
        std::fs::create_dir(project.path().join(".git/sub")).unwrap();
        let index = project.path().join(".git").join(index.replace('/', "-"));
        let place_ = Place::new(&project, ".").with("GIT_INDEX_FILE", &index);
        place_.git(&["read-tree", "HEAD"]);
        place_.write("a", "1\n");
        place_.git(&["add", "a"]);
        let before = project.belongings();
        let answer = place_.gate(&["run", "--format", "json"]).exits(0);
        assert_eq!(place(&answer), "checkout");
        assert_eq!(project.belongings(), before);
        let names = project.git(&["ls-tree", "--name-only", "one"]);
        assert_eq!(names, "a\nplan.gate");
    }
}

#[test]
fn an_index_named_from_the_root() {
    let project = project("test -f a");
    std::fs::create_dir(project.path().join("sub")).unwrap();
    let sub = Place::new(&project, "sub").with("GIT_INDEX_FILE", ".git/other");
    sub.git(&["read-tree", "HEAD"]);
    project.write("a", "1\n");
    sub.git(&["add", "../a"]);
    sub.gate(&["run"]).exits(0);
    assert_eq!(
        project.git(&["ls-tree", "--name-only", "one"]),
        "a\nplan.gate"
    );
}

#[test]
fn a_repository_that_only_the_environment_names() {
    // Git works in a gate, though nobody can find the repository from the working tree.
    let project = project("test -f a && ! env | grep ^GIT_DIR= && git log -1 --format=%s");
    let away = tempfile::tempdir().unwrap();
    let git_dir = away.path().join("repository");
    std::fs::rename(project.path().join(".git"), &git_dir).unwrap();
    for folder in [project.path(), away.path()] {
        let at = Place::new(&project, folder)
            .with("GIT_DIR", &git_dir)
            .with("GIT_WORK_TREE", project.path());
        at.git(&["config", "user.email", "ada@example.com"]);
        project.write("a", folder.to_str().unwrap());
        at.git(&[
            "--work-tree",
            project.path().to_str().unwrap(),
            "add",
            "--all",
            ":/",
        ]);
        let answer = at.gate(&["run", "--format", "json"]).exits(0);
        assert_eq!(place(&answer), "checkout");
    }
}

#[test]
fn within_a_submodule() {
    let (inner, outer) = (project("test -f a"), Project::empty());
    let from = inner.path().to_str().unwrap();
    outer.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        from,
        "sub",
    ]);
    outer.git(&["commit", "--quiet", "--message", "sub"]);
    let sub = Place::new(&outer, "sub").identified();
    sub.write("a", "1\n");
    sub.git(&["add", "a"]);
    let answer = sub.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(place(&answer), "in-place");
    sub.write("not-staged", "1\n");
    let answer = sub.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(place(&answer), "checkout");
    // The repository around it has a submodule that moved on, and nothing of gate's.
    assert_eq!(outer.git(&["status", "--short"]), " M sub");
    assert_eq!(outer.git(&["for-each-ref", "refs/gate"]), "");

    // In its plan, the submodule is the commit that is staged, and not entered.
    outer.stage("plan.gate", super::plan("test -d sub"));
    outer.git(&["add", "sub"]);
    outer.write("not-staged", "1\n");
    let answer = outer.gate(&["run", "--format", "json"]).exits(0);
    assert_eq!(place(&answer), "checkout");
    let staged = outer.git(&["rev-parse", "one:sub"]);
    assert_eq!(staged, sub.git(&["rev-parse", "HEAD"]));
}
