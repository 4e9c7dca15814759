use super::*;

struct Agent {
    calls: u32,
}

impl Agent {
    #[external_task(skip(self))]
    async fn shared(self: Arc<Self>, by: u32) -> u32 {
        self.calls + by
    }

    #[external_task]
    async fn pinned(mut self: Pin<&mut Self>, by: u32) -> &mut u32 {
        self.calls += by;
        &mut self.get_mut().calls
    }

    #[external_task]
    fn pinned_sync(self: Pin<&mut Self>) -> Result<&mut u32, String> {
        Ok(&mut self.get_mut().calls)
    }

    #[external_task]
    fn changed(mut self, by: u32) -> Self {
        self.calls += by;
        self
    }

    #[external_task]
    async fn changed_async(mut self) -> Self {
        self.calls += 1;
        self
    }

    #[external_task]
    fn boxed(self: Box<Self>) -> Box<Self> {
        self
    }

    #[external_task]
    fn borrowed(&mut self, ok: bool) -> Result<&mut u32, String> {
        if !ok {
            return Err("not now".to_owned());
        }
        Ok(&mut self.calls)
    }

    #[external_task]
    async fn borrowed_async(&mut self) -> Result<&mut u32, String> {
        smol::future::yield_now().await;
        Ok(&mut self.calls)
    }

    #[external_task]
    fn either<'a>(&'a self, other: &'a u32, mine: bool) -> Option<&'a u32> {
        Some(if mine { &self.calls } else { other })
    }
}

impl Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Agent({})", self.calls)
    }
}

#[test]
fn every_kind_of_self() {
    let agent = || Agent { calls: 1 };
    assert_eq!(
        result(|| block_on(assert_send(Arc::new(agent()).shared(2)))).as_deref(),
        Some("3")
    );
    let mut pinned = agent();
    assert_eq!(*block_on(Pin::new(&mut pinned).pinned(2)), 3);
    assert_eq!(
        result(|| Pin::new(&mut pinned).pinned_sync().is_ok()).as_deref(),
        Some("3")
    );
    assert_eq!(result(|| agent().changed(4)).as_deref(), Some("Agent(5)"));
    assert_eq!(
        result(|| block_on(agent().changed_async())).as_deref(),
        Some("Agent(2)")
    );
    assert_eq!(
        result(|| Box::new(agent()).boxed()).as_deref(),
        Some("Agent(1)")
    );
}

#[test]
fn a_borrow_of_self_is_returned() {
    let mut agent = Agent { calls: 1 };
    *agent.borrowed(true).unwrap() += 1;
    assert_eq!(
        result(|| agent.borrowed(false).is_err()).as_deref(),
        Some("not now")
    );
    *block_on(agent.borrowed_async()).unwrap() += 1;
    assert_eq!(agent.either(&9, true), Some(&3));
    assert_eq!(agent.either(&9, false), Some(&9));
}
