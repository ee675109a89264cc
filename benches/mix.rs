//! What it costs that several hear each other: packets in, mixed frames out, without the sockets.

mod floor;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use floor::{Floor, Nowhere};
use std::hint::black_box;
use tandem::wiring::Codec::{self, G722, Pcma, Pcmu};

/// How many conversations of which phones.
const ROUNDS: [(u64, &str, &[Codec]); 6] = [
    (1, "3 together", &[Pcmu, Pcma, Pcmu]),
    (1, "4 together", &[Pcmu, Pcma, Pcmu, Pcma]),
    (1, "8 together", &[Pcmu, Pcma, Pcmu, Pcma, Pcmu, Pcma, Pcmu, Pcma]),
    (100, "3 together", &[Pcmu, Pcma, Pcmu]),
    (1, "3 with G.722 together", &[G722, G722, G722]),
    (1, "one with G.722 and two without together", &[G722, Pcma, Pcmu]),
];

/// Each element is one mixed frame of 20 ms, with its share of the packets that came in for it.
fn mix(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("mix per 20 ms");
    for (conversations, name, codecs) in ROUNDS {
        let mut floor = Floor::together(conversations, codecs);
        // The delays settle before anything is measured.
        (0..200).for_each(|_| floor.round(&mut Nowhere));
        group.throughput(Throughput::Elements(conversations * codecs.len() as u64));
        group.bench_function(format!("{conversations} times {name}"), |bencher| {
            bencher.iter(|| floor.round(black_box(&mut Nowhere)));
        });
    }
    group.finish();
}

criterion_group!(benches, mix);
criterion_main!(benches);
