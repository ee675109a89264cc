//! What one RTP packet costs in the engine, from arrival to departure, without the sockets.

mod floor;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use floor::{Floor, Nowhere};
use std::hint::black_box;
use tandem::wiring::Codec;

fn relay(criterion: &mut Criterion) {
    let cases = [
        ("same codec", Codec::Pcmu, 1),
        ("transcoded", Codec::Pcma, 1),
        ("same codec, among 1000 calls", Codec::Pcmu, 1_000),
    ];
    let mut group = criterion.benchmark_group("relay per packet");
    for (name, listener, calls) in cases {
        let mut floor = Floor::new(calls, Codec::Pcmu, listener, false);
        group.bench_function(name, |bencher| {
            bencher.iter(|| floor.next_packet(black_box(&mut Nowhere)));
        });
    }
    group.finish();
}

fn tick(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tick");
    group.bench_function("500 legs with music, per 20 ms", |bencher| {
        bencher.iter_batched_ref(
            || Floor::on_hold(500),
            |floor| floor.tick(&mut Nowhere),
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, relay, tick);
criterion_main!(benches);
