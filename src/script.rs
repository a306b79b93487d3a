//! The rhai host: the one engine of a run, and what the embedding program adds to it.

/// The engine scripts will run in. Scripts themselves are not run yet; what an embedding
/// program registers is kept for them.
pub struct Scripts {
    engine: rhai::Engine,
}

impl Default for Scripts {
    fn default() -> Self {
        // Raw: nothing reaches outside but what is registered.
        Self {
            engine: rhai::Engine::new_raw(),
        }
    }
}

impl Scripts {
    /// Lets `setup` register functions.
    pub fn set_up(&mut self, setup: impl FnOnce(&mut rhai::Engine)) {
        setup(&mut self.engine);
    }
}
