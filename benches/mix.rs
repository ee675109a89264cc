//! What it costs that several hear each other: packets in, mixed frames out, without the sockets.

mod floor;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use floor::{Floor, Nowhere};
use std::hint::black_box;

/// Each element is one mixed frame of 20 ms, with its share of the packets that came in for it.
fn mix(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mix per 20 ms");
    for (conversations, parties) in [(1, 3), (1, 4), (1, 8), (100, 3)] {
        let mut floor = Floor::together(conversations, parties);
        // The delays settle before anything is measured.
        (0..200).for_each(|_| floor.round(&mut Nowhere));
        group.throughput(Throughput::Elements(conversations * parties));
        group.bench_function(format!("{conversations} times {parties} together"), |bencher| {
            bencher.iter(|| floor.round(black_box(&mut Nowhere)));
        });
    }
    group.finish();
}

criterion_group!(benches, mix);
criterion_main!(benches);
