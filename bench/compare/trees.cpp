// Our side of bench/compare/trees.py: fits one tree learner on rows that the script wrote, and prints what it took as a line of JSON.
//
//   bench_trees --model NAME --threads T --x FILE --rows N --columns P --classes K --y FILE [--test-x FILE --test-y FILE --test-rows M]
//                 [--type f32|u8] [--row-latency] [PARAMETER=VALUE ...]
// Files are bare numbers, row after row: x as float32 or bytes, y as float64.

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "grimoire/base/clock.h"
#include "grimoire/base/files.h"
#include "grimoire/classic/estimator.h"
#include "grimoire/classic/forest.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

double cpu_seconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](timeval t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

struct Timer {
  double wall = monotonic_seconds(), cpu = cpu_seconds();
  void print(const char* name) const {
    std::printf("\"%s_wall\": %.4f, \"%s_cpu\": %.4f, ", name, monotonic_seconds() - wall, name, cpu_seconds() - cpu);
  }
};

Dataset read_rows(const std::string& x_path, const std::string& y_path, int64_t rows, int64_t columns, bool bytes, int64_t classes) {
  Dataset data;
  const std::string x = read_file(x_path), y = read_file(y_path);
  Tensor dense = Tensor::empty({rows, columns}, bytes ? Dtype::u8 : Dtype::f32);
  if (x.size() < static_cast<size_t>(dense.numel() * size_of(dense.dtype())) || y.size() < static_cast<size_t>(rows) * 8)
    fail(ErrorKind::input, "bench_trees", "the files are shorter than --rows says");
  std::memcpy(dense.raw(), x.data(), static_cast<size_t>(dense.numel() * size_of(dense.dtype())));
  data.x = Features(dense);
  data.y.resize(static_cast<size_t>(rows));
  std::memcpy(data.y.data(), y.data(), static_cast<size_t>(rows) * 8);
  for (int64_t k = 0; k < classes; ++k) data.classes.push_back(std::to_string(k));
  return data;
}

// Area under the ROC curve: the share of (positive, negative) pairs in the right order, ties counting half.
double auc(const Tensor& p, const std::vector<double>& y) {
  std::vector<std::pair<double, double>> ranked;
  for (size_t i = 0; i < y.size(); ++i) ranked.emplace_back(p.data<double>()[2 * i + 1], y[i]);
  std::sort(ranked.begin(), ranked.end());
  double negatives = 0, pairs = 0, positives = 0;
  for (size_t i = 0; i < ranked.size();) {
    size_t end = i;
    double up = 0, down = 0;
    for (; end < ranked.size() && ranked[end].first == ranked[i].first; ++end) (ranked[end].second > 0 ? up : down) += 1;
    pairs += up * (negatives + 0.5 * down);
    negatives += down;
    positives += up;
    i = end;
  }
  return pairs / (positives * negatives);
}

int run(int argc, char** argv) {
  std::map<std::string, std::string> flags;
  std::vector<std::string> params;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!word.starts_with("--")) params.push_back(word);
    else if (word == "--row-latency") flags[word] = "yes";
    else if (i + 1 < argc) flags[word] = argv[++i];
  }
  const auto number = [&](const char* name) { return flags.count(name) ? std::stoll(flags[name]) : 0; };
  device::set_thread_cap(static_cast<int>(number("--threads")));
  const bool bytes = flags["--type"] == "u8";
  const Dataset data = read_rows(flags["--x"], flags["--y"], number("--rows"), number("--columns"), bytes, number("--classes"));
  const auto model = make_estimator(flags["--model"]);
  set_params(*model, params);
  std::printf("{");
  const Timer fit;
  model->fit(data);
  fit.print("fit");
  if (flags.count("--test-x")) {
    const Dataset test =
        read_rows(flags["--test-x"], flags["--test-y"], number("--test-rows"), number("--columns"), bytes, number("--classes"));
    const Timer predict;
    const Tensor p = data.classifies() ? model->predict_proba(test.x) : Tensor();
    predict.print("predict");
    std::printf("\"score\": %.6f, ", model->score(test));
    if (data.class_count() == 2) std::printf("\"auc\": %.6f, ", auc(p, test.y));
    if (flags.count("--row-latency")) {
      std::vector<std::vector<float>> rows(256, std::vector<float>(static_cast<size_t>(number("--columns"))));
      for (size_t r = 0; r < rows.size(); ++r) test.x.read_rows(static_cast<int64_t>(r), static_cast<int64_t>(r) + 1, rows[r].data());
      std::vector<double> out(static_cast<size_t>(std::max<int64_t>(1, data.class_count()))), times;
      for (int turn = 0; turn < 20; ++turn)
        for (const auto& row : rows) {
          const double start = monotonic_seconds();
          model->predict_row(row, out);
          times.push_back(monotonic_seconds() - start);
        }
      std::sort(times.begin(), times.end());
      std::printf("\"row_us_median\": %.3f, \"row_us_p99\": %.3f, ", 1e6 * times[times.size() / 2], 1e6 * times[times.size() * 99 / 100]);
    }
  }
  if (const auto* forest = dynamic_cast<const Forest*>(model.get()))
    std::printf("\"nodes\": %zu, \"bytes_a_node\": %.2f, ", forest->trees().nodes().size(),
                static_cast<double>(forest->bytes()) / static_cast<double>(forest->trees().nodes().size()));
  std::printf("\"stopped\": \"%s\"}\n", model->report().stopped.c_str());
  return 0;
}

}  // namespace
}  // namespace grim

int main(int argc, char** argv) {
  try {
    return grim::run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
