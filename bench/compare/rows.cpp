// Rows for the other programs, where no Python is: standard normal columns and an answer that depends on some of them.
//   bench_rows trees ROWS COLUMNS FOLDER     FOLDER/x as float32 and FOLDER/y as float64, two classes with probability 1 / (1 + exp(-f))
//   bench_rows linear ROWS COLUMNS FOLDER    FOLDER/x.f64 and FOLDER/y.f64, a linear function and noise; bench_rows classes: its sign
#include <cmath>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include "grimoire/base/files.h"
#include "grimoire/base/rng.h"

namespace {

template <class T> void write(const std::string& path, const std::vector<T>& v) {
  const auto file = grim::posix_files().create(path);
  file->write({reinterpret_cast<const char*>(v.data()), v.size() * sizeof(T)});
  file->close();
}

// Products, a wave and a step, so that trees have something to find.
double signal(std::span<const double> x) {
  return 1.2 * x[0] * x[1] + std::abs(x[2]) - 0.8 + 0.7 * std::sin(2 * x[3]) + 0.6 * x[4] + 0.5 * (x[5] > 0.3) * x[6];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const std::string kind = argv[1], folder = argv[4];
  const auto rows = static_cast<size_t>(std::atoll(argv[2])), columns = static_cast<size_t>(std::atoll(argv[3]));
  grim::Rng rng(grim::RngMode::philox, 1);
  std::vector<double> x(rows * columns), y(rows), noise(rows);
  rng.fill_normal(std::span<double>(x));
  rng.fill_normal(std::span<double>(noise));
  for (size_t r = 0; r < rows; ++r) {
    const std::span<const double> row(x.data() + r * columns, columns);
    double linear = noise[r];
    for (size_t c = 0; c < columns && c < 50; ++c) linear += row[c] * std::cos(static_cast<double>(c));
    y[r] = kind == "trees" ? signal(row) + noise[r] > 0 : kind == "classes" ? linear > 0 : linear;
  }
  if (kind == "trees") {
    write(folder + "/x", std::vector<float>(x.begin(), x.end()));
    write(folder + "/y", y);
  } else {
    write(folder + "/x.f64", x);
    write(folder + "/y.f64", y);
  }
}
