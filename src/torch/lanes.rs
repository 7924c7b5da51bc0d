//! Several pieces of work at once, whose results come in the order in which the pieces were given.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// What lanes may hold at once, unless it is one piece alone: pictures of hundreds of megapixels are worked on one at a time.
const MOST_BYTES: u64 = 2 << 30;

/// Pieces given ahead, for each lane: the next one is there when a lane is done, though an earlier one still takes its time.
const AHEAD: usize = 2;

/// Lanes that are open; results are taken by the thread that gives the work.
pub struct Lanes<'a, Piece, Found> {
    way: Way<'a, Piece, Found>,
    /// Bytes of the pieces that were given and whose results were not taken, the oldest first.
    under_way: VecDeque<u64>,
    most: usize,
}

enum Way<'a, Piece, Found> {
    /// Done at once, on the thread that gives it.
    Here {
        work: &'a mut dyn FnMut(Piece) -> Found,
        found: Option<Found>,
    },
    Threads {
        pieces: Sender<(usize, Piece)>,
        found: Receiver<(usize, thread::Result<Found>)>,
        /// Those that came before their turn.
        early: BTreeMap<usize, Found>,
        given: usize,
        taken: usize,
    },
}

/// Opens a lane for each of `states`, of which there is one at least, and closes them when `give` is done; what it left in
/// them is finished, but dropped. Nothing in a lane records gradients.
///
/// A single lane is the caller's own thread. A panic in a lane is the caller's.
pub fn in_lanes<State, Piece, Found, Out>(
    states: &mut [State],
    work: impl Fn(&mut State, Piece) -> Found + Sync,
    give: impl FnOnce(&mut Lanes<'_, Piece, Found>) -> Out,
) -> Out
where
    State: Send,
    Piece: Send,
    Found: Send,
{
    if let [state] = states {
        let _no_grad = tch::no_grad_guard();
        return give(&mut Lanes {
            way: Way::Here {
                work: &mut |piece| work(state, piece),
                found: None,
            },
            under_way: VecDeque::new(),
            most: 1,
        });
    }
    let (most, work) = (AHEAD * states.len(), &work);
    let (pieces, queue) = channel::<(usize, Piece)>();
    let queue = &Mutex::new(queue);
    thread::scope(|scope| {
        let (sender, found) = channel();
        for state in states {
            let sender = sender.clone();
            scope.spawn(move || {
                let _no_grad = tch::no_grad_guard();
                while let Some((number, piece)) = next(queue) {
                    let found = panic::catch_unwind(AssertUnwindSafe(|| work(state, piece)));
                    let is_panic = found.is_err();
                    if sender.send((number, found)).is_err() || is_panic {
                        break;
                    }
                }
            });
        }
        // Dropped at the end, also by a panic: the lanes find no more work, and the scope ends.
        give(&mut Lanes {
            way: Way::Threads {
                pieces,
                found,
                early: BTreeMap::new(),
                given: 0,
                taken: 0,
            },
            under_way: VecDeque::new(),
            most,
        })
    })
}

fn next<Piece>(queue: &Mutex<Receiver<(usize, Piece)>>) -> Option<(usize, Piece)> {
    let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
    queue.recv().ok()
}

impl<Piece, Found> Lanes<'_, Piece, Found> {
    /// Gives a piece of work that needs so many bytes, once there is room for it; hands over the results that are waited for
    /// until then. The first error of `found` is returned.
    pub fn give<E>(
        &mut self,
        piece: Piece,
        bytes: u64,
        mut found: impl FnMut(Found) -> Result<(), E>,
    ) -> Result<(), E> {
        while self.are_full(bytes) {
            self.take().map_or(Ok(()), &mut found)?;
        }
        self.under_way.push_back(bytes);
        match &mut self.way {
            Way::Here { work, found } => *found = Some(work(piece)),
            Way::Threads { pieces, given, .. } => {
                // Where no lane is left to take it, one has panicked, which `take` finds.
                let _ = pieces.send((*given, piece));
                *given += 1;
            }
        }
        Ok(())
    }

    /// Hands over all other results; the first error of `found` is returned.
    pub fn finish<E>(&mut self, mut found: impl FnMut(Found) -> Result<(), E>) -> Result<(), E> {
        while let Some(result) = self.take() {
            found(result)?;
        }
        Ok(())
    }

    fn are_full(&self, bytes: u64) -> bool {
        let all = self.under_way.iter();
        let all = all.fold(bytes, |sum, bytes| sum.saturating_add(*bytes));
        self.under_way.len() >= self.most || (!self.under_way.is_empty() && all > MOST_BYTES)
    }

    /// Waits for the result of the oldest piece; none if all were taken.
    fn take(&mut self) -> Option<Found> {
        self.under_way.pop_front()?;
        match &mut self.way {
            Way::Here { found, .. } => found.take(),
            Way::Threads {
                found,
                early,
                taken,
                ..
            } => {
                let number = *taken;
                *taken += 1;
                loop {
                    if let Some(found) = early.remove(&number) {
                        return Some(found);
                    }
                    let (number, found) = found.recv().ok()?;
                    match found {
                        Ok(found) => early.insert(number, found),
                        Err(panicked) => panic::resume_unwind(panicked),
                    };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    type Never = std::convert::Infallible;

    fn squares(states: &mut [u32], numbers: u64, bytes: u64) -> Vec<u64> {
        let mut squares = Vec::new();
        let square = |done: &mut u32, number: u64| {
            *done += 1;
            // The first of each few comes last.
            thread::sleep(Duration::from_millis(
                2 * u64::from(number.is_multiple_of(3)),
            ));
            number * number
        };
        let Ok(()) = in_lanes(states, square, |lanes| {
            let mut found = |square| {
                squares.push(square);
                Ok::<(), Never>(())
            };
            for number in 0..numbers {
                lanes.give(number, bytes, &mut found)?;
            }
            lanes.finish(found)
        });
        squares
    }

    #[test]
    fn results_come_in_order_and_every_piece_is_done_once() {
        for lanes in 1..5 {
            for bytes in [0, MOST_BYTES, u64::MAX] {
                let mut states = vec![0; lanes];
                let expected: Vec<u64> = (0..20).map(|number| number * number).collect();
                assert_eq!(squares(&mut states, 20, bytes), expected);
                assert_eq!(states.iter().sum::<u32>(), 20);
            }
        }
        assert!(squares(&mut [0, 0], 0, 1).is_empty());
    }

    #[test]
    fn lanes_work_at_the_same_time() {
        let met = Barrier::new(3);
        let work = |_: &mut (), ()| met.wait().is_leader();
        let mut leaders = 0;
        let Ok(()) = in_lanes(&mut [(); 3], work, |lanes| {
            let mut found = |is_leader| {
                leaders += u32::from(is_leader);
                Ok::<(), Never>(())
            };
            (0..3).try_for_each(|_| lanes.give((), 1, &mut found))?;
            lanes.finish(found)
        });
        assert_eq!(leaders, 1);
    }

    #[test]
    fn what_is_too_large_together_is_done_one_at_a_time() {
        let at_work = AtomicU32::new(0);
        let work = |_: &mut (), _: u8| {
            let others = at_work.fetch_add(1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(2));
            at_work.fetch_sub(1, Ordering::SeqCst);
            others
        };
        let ended = in_lanes(&mut [(); 4], work, |lanes| {
            let alone = |others| if others == 0 { Ok(()) } else { Err(others) };
            (0..6).try_for_each(|piece| lanes.give(piece, MOST_BYTES, alone))?;
            lanes.finish(alone)
        });
        assert_eq!(ended, Ok(()));
    }

    #[test]
    fn panic_in_a_lane_is_the_callers() {
        for lanes in 1..4 {
            let caught = panic::catch_unwind(|| {
                let work = |_: &mut (), piece: u8| assert_ne!(piece, 3, "three");
                in_lanes(&mut vec![(); lanes], work, |lanes| {
                    (0..9).try_for_each(|piece| lanes.give(piece, 1, Ok::<(), Never>))?;
                    lanes.finish(Ok::<(), Never>)
                })
            });
            let panicked = caught.unwrap_err();
            let message = panicked.downcast_ref::<String>().unwrap();
            assert!(message.contains("three"), "{message}");
        }
    }

    #[test]
    fn error_ends_the_work_and_drops_what_is_under_way() {
        for lanes in 1..4 {
            let mut found = Vec::new();
            let ended = in_lanes(
                &mut vec![(); lanes],
                |_, piece: u8| piece,
                |lanes| {
                    let mut until_2 = |piece| {
                        found.push(piece);
                        if piece == 2 { Err("two") } else { Ok(()) }
                    };
                    (0..9).try_for_each(|piece| lanes.give(piece, 1, &mut until_2))?;
                    lanes.finish(until_2)
                },
            );
            assert_eq!((ended, found), (Err("two"), vec![0, 1, 2]));
        }
    }
}
