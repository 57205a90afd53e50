// Trains a support vector machine on a LIBSVM file and predicts its first rows, for bench/compare/svm.py: prints a line of JSON.
//   bench_svm FILE THREADS ROWS_TO_PREDICT SCALE PARAM=VALUE ...     SCALE: multiplies every value (1: as they are)
#include <ctime>

#include <cstdio>
#include <numeric>
#include <string>

#include "grimoire/classic/svm.h"
#include "grimoire/device/threads.h"

namespace {

double seconds(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace grim;
  if (argc < 5) return 2;
  device::set_thread_cap(std::atoi(argv[2]));
  Dataset data = load_dataset(argv[1], {.target = {}, .weight = {}, .as = Target::classes, .classes = {}, .columns = {}, .csv = {}});
  const double scale = std::atof(argv[4]);
  if (scale != 1 && data.x.is_sparse()) {
    auto scaled = std::make_shared<SparseRows>(data.x.sparse());
    for (double& v : scaled->value) v *= scale;
    data.x = Features(std::shared_ptr<const SparseRows>(std::move(scaled)));
  }
  std::vector<int64_t> rows(static_cast<size_t>(std::min<int64_t>(std::atoll(argv[3]), data.rows())));
  std::iota(rows.begin(), rows.end(), 0);
  const Dataset part = data.pick(rows);
  Svc m;
  set_params(m, std::vector<std::string>(argv + 5, argv + argc));
  double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  m.fit(data);
  std::printf("{\"train_wall\": %.4f, \"train_cpu\": %.4f, ", seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  wall = seconds(CLOCK_MONOTONIC);
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  const double score = m.score(part);
  std::printf(
      "\"predict_wall\": %.4f, \"predict_cpu\": %.4f, \"accuracy\": %.6f, \"objective\": %.9g, \"rho\": %.8g, \"vectors\": %zu, "
      "\"bounded\": %lld, \"steps\": %lld}\n",
      seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, score, m.report().objective, m.rho()[0],
      m.support_rows().size(), static_cast<long long>(m.bounded()), static_cast<long long>(m.report().iterations));
}
