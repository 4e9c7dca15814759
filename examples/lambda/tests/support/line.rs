//! A line to the platform that can be disturbed.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The state of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    /// Accepts connections and forwards nothing.
    Silent,
    /// Closes connections immediately.
    Closed,
    /// Resets connections immediately.
    Reset,
}

/// TCP on 127.0.0.1 that leads to another address. A change of its state ends all connections.
pub struct Line {
    address: SocketAddr,
    state: Arc<watch::Sender<State>>,
}

impl Line {
    pub async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(watch::Sender::new(State::Open));
        let states = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, target, states.subscribe()));
            }
        });
        Self { address, state }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends all connections, and treats new ones according to `state`.
    pub fn set(&self, state: State) {
        self.state.send_replace(state);
    }

    /// Ends all connections according to `state`, waits until they have ended, and accepts new ones.
    pub async fn cut(&self, state: State) {
        assert!(self.state.receiver_count() > 0, "there is no connection");
        self.set(state);
        self.state.closed().await;
        self.set(State::Open);
    }
}

async fn serve(
    mut connection: TcpStream,
    target: SocketAddr,
    mut states: watch::Receiver<State>,
) -> io::Result<()> {
    let state = *states.borrow_and_update();
    let changed = async {
        let _ = states.changed().await;
        *states.borrow()
    };
    let next = match state {
        State::Open => {
            let mut platform = TcpStream::connect(target).await?;
            tokio::select! {
                _ = copy_bidirectional(&mut connection, &mut platform) => return Ok(()),
                next = changed => next,
            }
        }
        State::Silent => changed.await,
        State::Closed | State::Reset => state,
    };
    if next == State::Reset {
        connection.set_zero_linger()?;
    }
    drop(connection);
    Ok(())
}
