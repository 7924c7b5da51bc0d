#!/usr/bin/env bash
# Runs fuzz targets one after the other, at the lowest priority.
#
#   tests/fuzz/run.sh FOLDER SECONDS TARGET...
#
# FOLDER holds what is built, the corpus that grows with every run, and what was found. A nightly Rust and cargo-fuzz are
# installed where they are missing, the latter into FOLDER/../tools. Fails if a target found something.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(realpath -m "$1")
seconds=$2
shift 2

tools=$(realpath -m "$folder/../tools")
if [ ! -x "$tools/bin/cargo-fuzz" ]; then
    echo "fuzz: installing cargo-fuzz into $tools ..."
    cargo install --locked --quiet cargo-fuzz --version 0.13.2 --root "$tools"
fi
if ! rustup run nightly rustc --version >/dev/null 2>&1; then
    echo "fuzz: installing a nightly Rust with rustup ..."
    rustup toolchain install nightly --profile minimal --no-self-update
fi
export PATH=$tools/bin:$PATH
cargo_fuzz() { nice -n 19 rustup run nightly cargo fuzz "$1" --fuzz-dir tests/fuzz --target-dir "$folder" "${@:2}"; }

# Memory that there is not must be an error of the library, as it is without the sanitizer, and not the end of the process.
# Nothing else is waived: leaks, and memory that is freed by another function than its own, are findings.
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
# A model that asks for pretrained weights finds none, whoever's machine it is.
export TWINSPECT_WEIGHTS=$folder/no_weights
export OMP_NUM_THREADS=1 GOMP_SPINCOUNT=1000
TIMEFORMAT='fuzz: %R seconds, %U of them on a processor'

run() {
    local target=$1 longest=$2
    shift 2
    local corpus=$folder/corpus/$target found=$folder/found/$target log=$folder/$target.log
    mkdir -p "$corpus" "$found"
    cargo_fuzz build "$target"
    echo "fuzz: $target for $seconds seconds ..."
    # Time is the wall's: on a busy machine an honest input may have to wait.
    if ! time cargo_fuzz run "$target" "$corpus" "$@" -- -artifact_prefix="$found/" -max_total_time="$seconds" \
        -max_len="$longest" -len_control=20 -timeout=60 -report_slow_units=5 -rss_limit_mb=3000 -malloc_limit_mb=600 \
        -print_final_stats=1 >"$log" 2>&1; then
        grep -E "^(==|SUMMARY|.*(Test unit written|panicked at))" "$log" | head -n 8 || true
        echo "fuzz: $target found something, see $log; tests/fuzz/README.md says what to do with it"
        status=1
    fi
    # Executions, then edges (cov) and features (ft) of the code that were reached.
    grep -E '^#[0-9]+[[:space:]]+(INITED|DONE)' "$log" || true
}

# The longest input that makes sense: longer ones take longer, and say nothing that shorter ones do not.
status=0
for target in "$@"; do
    seeds=tests/fuzz/seeds/$target
    case $target in
    picture) run picture 8192 "$seeds" ;;
    weights) run weights 16384 "$seeds" tests/data/weights ;;
    variation) run variation 4096 "$seeds" ;;
    model) run model 2048 "$seeds" ;;
    calls) run calls 1024 "$seeds" ;;
    *)
        echo "fuzz: there is no target $target"
        exit 2
        ;;
    esac
done
exit $status
