//! What recording adds to the cost of one RTP packet, and what it costs to let the blocks leave.

mod floor;

use criterion::{Criterion, criterion_group, criterion_main};
use floor::{Floor, Nowhere};
use std::hint::black_box;
use tandem::wiring::Codec;

fn tape(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("packet with its share of ticks");
    for (name, recorded) in [("not recorded", false), ("recorded", true)] {
        let mut floor = Floor::new(100, Codec::Pcmu, Codec::Pcmu, recorded);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                floor.next_packet(black_box(&mut Nowhere));
                floor.tick_if_due(black_box(&mut Nowhere));
            });
        });
    }
    group.finish();
}

criterion_group!(benches, tape);
criterion_main!(benches);
