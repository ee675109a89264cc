//! Several questions at once, of which a slow or bad answer to one holds up no good answer to another.

use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// What comes of these, in their order: all, or as much as has come `grace` after the first good answer. None where
/// nothing has come by then.
pub(super) async fn gather<T, F>(
    questions: impl IntoIterator<Item = F>,
    grace: Duration,
) -> Vec<Option<Result<T, String>>>
where
    T: Send + 'static,
    F: Future<Output = Result<T, String>> + Send + 'static,
{
    let mut under_way = JoinSet::new();
    for (place, question) in questions.into_iter().enumerate() {
        under_way.spawn(async move { (place, question.await) });
    }
    let mut answers: Vec<Option<Result<T, String>>> = Vec::new();
    answers.resize_with(under_way.len(), || None);
    let mut until: Option<Instant> = None;
    while let Some((place, answer)) = next(&mut under_way, until).await {
        if answer.is_ok() {
            until = until.or(Some(Instant::now() + grace));
        }
        if let Some(slot) = answers.get_mut(place) {
            *slot = Some(answer);
        }
    }
    answers
}

async fn next<T: 'static>(under_way: &mut JoinSet<T>, until: Option<Instant>) -> Option<T> {
    let joined = match until {
        None => under_way.join_next().await,
        Some(until) => tokio::time::timeout_at(until, under_way.join_next()).await.ok()?,
    };
    joined?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::Pin;

    const GRACE: Duration = Duration::from_millis(20);

    type Question = Pin<Box<dyn Future<Output = Result<u8, String>> + Send>>;

    fn at_once(answer: Result<u8, &'static str>) -> Question {
        Box::pin(std::future::ready(answer.map_err(str::to_owned)))
    }

    fn later(answer: Result<u8, &'static str>) -> Question {
        Box::pin(async move {
            tokio::time::sleep(GRACE * 3).await;
            answer.map_err(str::to_owned)
        })
    }

    fn never() -> Question {
        Box::pin(std::future::pending())
    }

    #[tokio::test]
    async fn who_is_slow_is_not_waited_for_once_somebody_has_answered() {
        let heard = gather(vec![never(), at_once(Ok(1)), at_once(Err("no"))], GRACE).await;
        assert_eq!(heard, [None, Some(Ok(1)), Some(Err("no".to_owned()))]);
    }

    #[tokio::test]
    async fn a_good_answer_is_waited_for_as_long_as_there_are_only_bad_ones() {
        let heard = gather(vec![at_once(Err("no")), later(Ok(1))], GRACE).await;
        assert_eq!(heard, [Some(Err("no".to_owned())), Some(Ok(1))]);
        assert_eq!(gather(Vec::<Question>::new(), GRACE).await, []);
    }
}
