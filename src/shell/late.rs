//! What could not be had at the start and is not needed to carry calls: it is tried again until it can be had.

use super::api;
use super::media_thread::Player;
use super::music;
use super::news::News;
use super::orders::Desk;
use super::recordings::Recordings;
use super::tcp;
use super::transports::Transports;
use crate::config::Config;
use crate::config::valid::Api;
use crate::media::engine::Sounds;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::{error, info};

/// It is tried again so often,
const TRY_AGAIN_EVERY: Duration = Duration::from_secs(5);
/// and told so often that it is still missing.
const TELL_AGAIN_EVERY: Duration = Duration::from_secs(60);

/// The listeners that are still closed are opened as soon as they can be.
pub(super) fn open_listeners(transports: &Arc<Transports>) {
    let transports = Arc::clone(transports);
    try_again(move || {
        let failed = transports.open_closed();
        let sentences: Vec<_> = failed.iter().map(ToString::to_string).collect();
        std::future::ready(match &*sentences {
            [] => Ok("every listener is open now".to_owned()),
            still => Err(still.join("; ")),
        })
    });
}

/// What is played; and the file that should be, if it cannot be yet.
pub(super) fn sounds(config: &Config) -> (Sounds, Option<PathBuf>) {
    let Some(file) = &config.media.music else {
        return (Sounds::built_in(), None);
    };
    match read_music(file) {
        Ok(sounds) => (sounds, None),
        Err(why) => {
            error!("{why}, so the built-in melody is");
            (Sounds::built_in(), Some(file.clone()))
        }
    }
}

/// This music is played as soon as it can be. It may be long: it is read beside everything else.
pub(super) fn play(file: PathBuf, player: Player) {
    try_again(move || {
        let (file, player) = (file.clone(), player.clone());
        async move {
            let shown = file.display().to_string();
            let read = tokio::task::spawn_blocking(move || read_music(&file));
            player.play(&read.await.map_err(|_leaving| "the switch is leaving")??);
            Ok(format!("{shown} is played from now on"))
        }
    });
}

fn read_music(file: &Path) -> Result<Sounds, String> {
    match music::read(file) {
        Ok(music) => Ok(Sounds { music }),
        Err(why) => Err(format!("{} cannot be played ({why})", file.display())),
    }
}

/// Everything that the control interface needs.
#[derive(Clone)]
pub(super) struct ControlRoom {
    pub(super) config: Api,
    pub(super) desk: Desk,
    pub(super) news: News,
    pub(super) recordings: PathBuf,
}

impl ControlRoom {
    /// Opens the control interface, now or as soon as its port is free; says where, if now.
    pub(super) fn open(self) -> Option<SocketAddr> {
        let listen = self.config.listen?;
        let sentence = move |why: io::Error| format!("no control interface at {listen}: {why}");
        match self.serve(listen) {
            Ok(bound) => Some(bound),
            Err(why) => {
                error!("{}; calls go on without it", sentence(why));
                try_again(move || {
                    let served = self.serve(listen).map_err(sentence);
                    let open = served.map(|bound| format!("control interface at http://{bound}"));
                    std::future::ready(open)
                });
                None
            }
        }
    }

    fn serve(&self, listen: SocketAddr) -> io::Result<SocketAddr> {
        let recordings = Recordings::below(&self.recordings);
        let (desk, news) = (self.desk.clone(), self.news.clone());
        api::serve(tcp::bind(listen)?, &self.config, desk, news, recordings)
    }
}

/// Tries until it succeeds, and tells both.
fn try_again<Fut>(mut attempt: impl FnMut() -> Fut + Send + 'static)
where
    Fut: Future<Output = Result<String, String>> + Send,
{
    tokio::spawn(async move {
        let mut told = Instant::now();
        loop {
            tokio::time::sleep(TRY_AGAIN_EVERY).await;
            match attempt().await {
                Ok(sentence) => {
                    info!("{sentence}");
                    return;
                }
                Err(why) if told.elapsed() >= TELL_AGAIN_EVERY => {
                    told = Instant::now();
                    error!("still: {why}");
                }
                Err(_told_before) => {}
            }
        }
    });
}
