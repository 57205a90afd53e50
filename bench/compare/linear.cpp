// One timed task of the linear models for bench/compare/linear.py, on the data that it wrote: prints a line of JSON.
//   bench_linear TASK FOLDER ROWS COLUMNS THREADS REPEATS       TASK: ridge, lasso, logistic; FOLDER holds x.f64 and y.f64
//   bench_linear TASK FILE.libsvm 0 0 THREADS REPEATS           TASK: a9a-hinge, a9a-squared, a9a-l1, a9a-logistic, a9a-logistic-l1
#include <ctime>

#include <algorithm>
#include <cstdio>
#include <string>

#include "grimoire/base/files.h"
#include "grimoire/classic/elastic_net.h"
#include "grimoire/classic/linear_svm.h"
#include "grimoire/classic/logistic.h"
#include "grimoire/classic/ridge.h"
#include "grimoire/device/threads.h"

namespace {

using namespace grim;

double seconds(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

std::vector<double> numbers(const std::string& path) {
  const std::string bytes = read_file(path);
  std::vector<double> v(bytes.size() / sizeof(double));
  std::copy_n(bytes.data(), v.size() * sizeof(double), reinterpret_cast<char*>(v.data()));
  return v;
}

double run(const std::string& task, const Dataset& data) {
  const auto fit = [&](const std::string& name, const std::vector<std::string>& params) {
    const std::unique_ptr<Estimator> e = make_estimator(name);
    set_params(*e, params);
    e->fit(data);
    return e->report().objective;
  };
  if (task == "ridge") return fit("ridge", {"alpha=1"});
  if (task == "lasso") {
    const std::vector<PathPoint> path = elastic_net_path(data, {.ratio = .01, .tolerance = 1e-5});
    return path.back().objective;
  }
  if (task == "logistic") return fit("logistic", {"C=1"});
  if (task == "a9a-hinge") return fit("linear-svc", {"loss=hinge", "tolerance=1e-3"});
  if (task == "a9a-squared") return fit("linear-svc", {});
  if (task == "a9a-l1") return fit("linear-svc", {"penalty=l1"});
  if (task == "a9a-logistic") return fit("logistic", {"penalise-intercept=true"});
  return fit("logistic", {"l1-ratio=1", "penalise-intercept=true"});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const std::string task = argv[1], where = argv[2];
  const int64_t rows = std::atoll(argv[3]), columns = std::atoll(argv[4]);
  device::set_thread_cap(std::atoi(argv[5]));
  const bool file = task.rfind("a9a", 0) == 0;
  Dataset data;
  double load = seconds(CLOCK_MONOTONIC);
  if (file) {
    data = load_dataset(where, {.target = {}, .weight = {}, .as = Target::classes, .classes = {}, .columns = {}, .csv = {}});
  } else {
    data = {.x = Features(Tensor::from(numbers(where + "/x.f64"), {rows, columns})),
            .y = numbers(where + "/y.f64"),
            .weight = {},
            .classes = {}};
    if (task == "logistic") data.classes = {"0", "1"};
  }
  load = seconds(CLOCK_MONOTONIC) - load;
  double wall = 1e9, cpu = 1e9, objective = 0;
  for (int k = 0; k < std::atoi(argv[6]); ++k) {
    const double w = seconds(CLOCK_MONOTONIC), c = seconds(CLOCK_PROCESS_CPUTIME_ID);
    objective = run(task, data);
    wall = std::min(wall, seconds(CLOCK_MONOTONIC) - w);
    cpu = std::min(cpu, seconds(CLOCK_PROCESS_CPUTIME_ID) - c);
  }
  std::printf("{\"wall\": %.6f, \"cpu\": %.6f, \"objective\": %.12g, \"load\": %.6f}\n", wall, cpu, objective, load);
}
