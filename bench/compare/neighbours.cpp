// Our side of neighbours.py: one task, seconds of wall and CPU time on standard output.
//   bench_neighbours TASK THREADS [ef]
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "grimoire/base/clock.h"
#include "grimoire/base/rng.h"
#include "grimoire/classic/kmeans.h"
#include "grimoire/classic/knn.h"
#include "grimoire/device/threads.h"

using namespace grim;

namespace {

double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

class Stopwatch {
 public:
  void report(const char* what) {
    std::printf("%s %.4f %.4f\n", what, monotonic_seconds() - wall_, cpu_seconds() - cpu_);
    wall_ = monotonic_seconds(), cpu_ = cpu_seconds();
  }

 private:
  double wall_ = monotonic_seconds(), cpu_ = cpu_seconds();
};

Features normal_rows(int64_t N, int64_t P, uint64_t seed, Dtype dtype) {
  Rng rng(RngMode::philox, seed);
  const Tensor t = Tensor::empty({N, P}, dtype);
  if (dtype == Dtype::f32)
    rng.fill_normal(std::span<float>(t.data<float>(), static_cast<size_t>(t.numel())));
  else
    rng.fill_normal(std::span<double>(t.data<double>(), static_cast<size_t>(t.numel())));
  return Features(t);
}

double recall(const NeighbourLists& found, const NeighbourLists& exact) {
  int64_t hits = 0;
  for (size_t i = 0; i < exact.row.size(); ++i)
    for (int64_t j = 0; j < exact.k; ++j) hits += found.row[i] == exact.row[i / exact.k * exact.k + j];
  return static_cast<double>(hits) / static_cast<double>(exact.row.size());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string task = argc > 1 ? argv[1] : "";
  device::set_thread_cap(argc > 2 ? std::atoi(argv[2]) : 1);
  const std::string mnist = argc > 3 ? argv[3] : "";
  if (task == "mnist") {
    const Dataset train = load_dataset(mnist + "/train-images-idx3-ubyte.gz"), test = load_dataset(mnist + "/t10k-images-idx3-ubyte.gz");
    Knn knn;
    knn.k = "3";
    knn.index.search = "brute";
    knn.fit(train);
    Stopwatch watch;
    const NeighbourLists exact = knn.searcher().search(test.x, 10);
    watch.report("search");
    std::printf("accuracy %.4f\n", knn.score(test));
  } else if (task == "hnsw") {
    const Dataset train = load_dataset(mnist + "/train-images-idx3-ubyte.gz"), test = load_dataset(mnist + "/t10k-images-idx3-ubyte.gz");
    const NeighbourLists exact = make_brute_index(train.x, {})->search(test.x, 10);
    for (int64_t ef : {20, 50, 60, 100}) {
      Stopwatch watch;
      const auto index = make_hnsw(train.x, {}, {.hnsw_search = ef});
      watch.report("build");
      const NeighbourLists found = index->search(test.x, 10);
      watch.report("search");
      std::printf("recall %.4f\n", recall(found, exact));
      std::fflush(stdout);
    }
  } else if (task == "kdtree") {
    const Features rows = normal_rows(1'000'000, 3, 1, Dtype::f64), queries = normal_rows(100'000, 3, 2, Dtype::f64);
    Stopwatch watch;
    const auto tree = make_kd_tree(rows, {});
    watch.report("build");
    tree->search(queries, 10);
    watch.report("search");
  } else if (task == "kmeans") {
    KMeans kmeans;
    kmeans.k = 10, kmeans.starts = 1;
    const Dataset data{.x = normal_rows(100'000, 28, 1, Dtype::f64), .y = {}, .weight = {}, .classes = {}};
    Stopwatch watch;
    kmeans.fit(data);
    watch.report("fit");
    std::printf("iterations %ld inertia %.6g\n", static_cast<long>(kmeans.report().iterations), kmeans.report().objective);
  } else {
    std::fprintf(stderr, "usage: bench_neighbours mnist|hnsw|kdtree|kmeans THREADS [MNIST_FOLDER]\n");
    return 2;
  }
}
