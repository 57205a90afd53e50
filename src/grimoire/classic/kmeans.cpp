#include "grimoire/classic/kmeans.h"

#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/device/gemm.h"
#include "grimoire/device/threads.h"

namespace grim {
namespace {

constexpr int64_t kBlock = 512;  // rows of one piece of work; sums are added up piece by piece, in order

// The rows as f64 about their mean: differences of squares lose fewer digits there.
struct Centred {
  int64_t N, P;
  std::vector<double> x, square, mean;  // (N, P), (N), (P)
};

Centred centre(const Features& x, const Dataset* weights) {
  Centred c{x.rows(), x.width(), {}, {}, std::vector<double>(static_cast<size_t>(x.width()), 0.0)};
  c.x.resize(static_cast<size_t>(c.N * c.P));
  x.read_rows(0, c.N, c.x.data());
  double total = 0;
  for (int64_t r = 0; r < c.N; ++r) {
    const double w = weights ? weights->weight_of(r) : 1.0;
    total += w;
    for (int64_t p = 0; p < c.P; ++p) c.mean[p] += w * c.x[r * c.P + p];
  }
  for (double& m : c.mean) m /= total;
  c.square.resize(static_cast<size_t>(c.N));
  device::parallel_for(c.N, kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      double sum = 0;
      for (int64_t p = 0; p < c.P; ++p) {
        c.x[r * c.P + p] -= c.mean[p];
        sum += c.x[r * c.P + p] * c.x[r * c.P + p];
      }
      c.square[r] = sum;
    }
  });
  return c;
}

// Squared distances of rows [begin, end) to all centres: |x|^2 - 2 x.c + |c|^2, never below 0.
void distances(const Centred& c, const std::vector<double>& centres, int64_t k, int64_t begin, int64_t end, double* out) {
  device::gemm(device::Gemm<double>{.M = end - begin,
                                    .N = k,
                                    .K = c.P,
                                    .a = &c.x[begin * c.P],
                                    .a_row = c.P,
                                    .b = centres.data(),
                                    .b_row = 1,
                                    .b_col = c.P,
                                    .c = out,
                                    .c_row = k});
  for (int64_t j = 0; j < k; ++j) {
    double square = 0;
    for (int64_t p = 0; p < c.P; ++p) square += centres[j * c.P + p] * centres[j * c.P + p];
    for (int64_t r = begin; r < end; ++r) {
      double& d = out[(r - begin) * k + j];
      d = std::max(0.0, c.square[r] - 2 * d + square);
    }
  }
}

// |x|^2 - 2 x.c + |c|^2 loses what is small beside |x|^2: distances so near 0, of which the least is given, are summed up from differences.
// Gives whether there were any.
bool refine(const Centred& c, const std::vector<double>& centres, int64_t k, double largest_centre, int64_t row, double least, double* distance) {
  constexpr double kLost = 0x1p-50, kClose = 1024;
  const double lost = kLost * (c.square[row] + largest_centre);
  if (least > kClose * lost) return false;
  const double reach = least + 4 * lost;
  for (int64_t j = 0; j < k; ++j) {
    if (distance[j] > reach) continue;
    distance[j] = 0;
    for (int64_t p = 0; p < c.P; ++p) distance[j] += std::pow(c.x[row * c.P + p] - centres[j * c.P + p], 2);
  }
  return true;
}

struct Clustering {
  std::vector<double> centres, sizes;
  std::vector<int32_t> nearest;
  double inertia = INFINITY, moved = 0;
  int64_t iterations = 0;
  bool converged = false;
};

// k-means++: each next seed is drawn with probability proportional to the squared distance to the nearest seed so far; the best of
// a few draws is kept (greedy form).
std::vector<double> seeds(const Centred& c, const Dataset& data, int64_t k, Rng& rng) {
  const int64_t draws = 2 + static_cast<int64_t>(std::log(static_cast<double>(k)));
  std::vector<double> centres, nearest(static_cast<size_t>(c.N), INFINITY), trial(nearest), best(nearest);
  const auto draw = [&](const auto& mass) {
    double total = 0;
    for (int64_t r = 0; r < c.N; ++r) total += mass(r);
    double at = rng.uniform_double() * total;
    for (int64_t r = 0; r < c.N; ++r)
      if ((at -= mass(r)) < 0) return r;
    return c.N - 1;
  };
  const auto distances_with = [&](int64_t row, std::vector<double>& out) {
    const double* centre = &c.x[row * c.P];
    device::parallel_for(c.N, kBlock * 4, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        double sum = 0;
        for (int64_t p = 0; p < c.P; ++p) sum += (c.x[r * c.P + p] - centre[p]) * (c.x[r * c.P + p] - centre[p]);
        out[r] = std::min(nearest[r], sum);
      }
    });
    double total = 0;
    for (int64_t r = 0; r < c.N; ++r) total += data.weight_of(r) * out[r];
    return total;
  };
  int64_t chosen = draw([&](int64_t r) { return data.weight_of(r); });
  distances_with(chosen, best);
  for (int64_t j = 0; j < k; ++j) {
    if (j > 0) {
      double least = INFINITY;
      for (int64_t t = 0; t < draws; ++t) {
        const int64_t row = draw([&](int64_t r) { return data.weight_of(r) * nearest[r]; });
        const double total = distances_with(row, trial);
        if (total < least) least = total, chosen = row, best = trial;
      }
    }
    nearest = best;
    centres.insert(centres.end(), &c.x[chosen * c.P], &c.x[chosen * c.P] + c.P);
  }
  return centres;
}

struct Sums {
  std::vector<double> total, size;  // (k, P), (k)
  double inertia = 0;
};

// One pass: nearest centre of every row, and the sums of each piece, added up in the order of the pieces.
Sums assign(const Centred& c, const Dataset& data, const std::vector<double>& centres, int64_t k, std::vector<int32_t>& nearest,
            std::vector<double>& distance) {
  const int64_t pieces = (c.N + kBlock - 1) / kBlock, groups = std::min<int64_t>(pieces, 64);
  double largest_centre = 0;
  for (int64_t j = 0; j < k; ++j) {
    double square = 0;
    for (int64_t p = 0; p < c.P; ++p) square += centres[j * c.P + p] * centres[j * c.P + p];
    largest_centre = std::max(largest_centre, square);
  }
  std::vector<Sums> parts(static_cast<size_t>(groups),
                          Sums{std::vector<double>(static_cast<size_t>(k * c.P), 0.0), std::vector<double>(static_cast<size_t>(k), 0.0)});
  device::for_chunks(groups, [&](int64_t group) {
    Sums& s = parts[group];
    std::vector<double> d(static_cast<size_t>(kBlock * k));
    for (int64_t piece = pieces * group / groups; piece < pieces * (group + 1) / groups; ++piece) {
      const int64_t begin = piece * kBlock, end = std::min(c.N, begin + kBlock);
      distances(c, centres, k, begin, end, d.data());
      for (int64_t r = begin; r < end; ++r) {
        double* row = &d[(r - begin) * k];
        int64_t j = std::min_element(row, row + k) - row;
        if (refine(c, centres, k, largest_centre, r, row[j], row)) j = std::min_element(row, row + k) - row;
        const double w = data.weight_of(r);
        nearest[r] = static_cast<int32_t>(j);
        distance[r] = row[j];
        s.inertia += w * row[j];
        s.size[j] += w;
        for (int64_t p = 0; p < c.P; ++p) s.total[j * c.P + p] += w * c.x[r * c.P + p];
      }
    }
  });
  for (size_t g = 1; g < parts.size(); ++g) {
    parts[0].inertia += parts[g].inertia;
    for (size_t i = 0; i < parts[0].total.size(); ++i) parts[0].total[i] += parts[g].total[i];
    for (size_t i = 0; i < parts[0].size.size(); ++i) parts[0].size[i] += parts[g].size[i];
  }
  return std::move(parts[0]);
}

Clustering lloyd(const Centred& c, const Dataset& data, std::vector<double> centres, int64_t k, int64_t most, double tolerance) {
  Clustering run{.centres = std::move(centres), .sizes = {}, .nearest = std::vector<int32_t>(static_cast<size_t>(c.N), -1)};
  std::vector<double> distance(static_cast<size_t>(c.N));
  std::vector<int32_t> before;
  while (run.iterations < most && !run.converged) {
    before = run.nearest;
    const Sums s = assign(c, data, run.centres, k, run.nearest, distance);
    ++run.iterations;
    run.moved = 0;
    for (int64_t j = 0; j < k; ++j) {
      if (s.size[j] == 0) {  // an empty cluster takes the row that lies worst
        const int64_t far = std::max_element(distance.begin(), distance.end()) - distance.begin();
        std::copy(&c.x[far * c.P], &c.x[far * c.P] + c.P, &run.centres[j * c.P]);
        run.moved += distance[far];
        distance[far] = 0;
        continue;
      }
      for (int64_t p = 0; p < c.P; ++p) {
        const double next = s.total[j * c.P + p] / s.size[j], step = next - run.centres[j * c.P + p];
        run.moved += step * step;
        run.centres[j * c.P + p] = next;
      }
    }
    run.converged = run.moved <= tolerance || before == run.nearest;
  }
  Sums last = assign(c, data, run.centres, k, run.nearest, distance);
  run.inertia = last.inertia;
  run.sizes = std::move(last.size);
  return run;
}

}  // namespace

Options KMeans::params() {
  return {{.name = "k", .help = "clusters", .target = &k, .low = 1},
          {.name = "starts", .help = "runs from different seeds; the best is kept", .target = &starts, .low = 1},
          {.name = "most-iterations", .help = "of one run", .target = &most_iterations, .low = 1},
          {.name = "tolerance",
           .help = "stop when the centres' squared move is below this share of the mean variance",
           .target = &tolerance,
           .low = 0},
          {.name = "seed", .help = "of the first centres", .target = &seed, .low = 0}};
}

void KMeans::fit_on(const Dataset& data) {
  GRIM_CHECK(k <= data.rows(), argument, "k-means", "got {} clusters for {} rows", k, data.rows());
  const Centred c = centre(data.x, &data);
  double variance = 0, total = 0;
  for (int64_t r = 0; r < c.N; ++r) variance += data.weight_of(r) * c.square[r], total += data.weight_of(r);
  const double scaled = tolerance * variance / total / static_cast<double>(c.P);
  Clustering best;
  for (int64_t start = 0; start < starts; ++start) {
    Rng rng = Rng(RngMode::philox, static_cast<uint64_t>(seed), "k-means").at_step(start);
    Clustering run = lloyd(c, data, seeds(c, data, k, rng), k, most_iterations, scaled);
    if (run.inertia < best.inertia) best = std::move(run);
  }
  centres_ = Tensor::empty({k, c.P}, Dtype::f64);
  for (int64_t i = 0; i < k * c.P; ++i) centres_.data<double>()[i] = best.centres[i] + c.mean[i % c.P];
  sizes_ = best.sizes;
  report_ = {.converged = best.converged,
             .iterations = best.iterations,
             .objective = best.inertia,
             .gap = variance > 0 ? best.moved / (variance / total / static_cast<double>(c.P)) : 0,
             .stopped = best.converged ? str("the centres rest; best of {} starts", starts) : str("{} iterations", best.iterations),
             .warnings = {}};
  if (const auto empty = std::count(sizes_.begin(), sizes_.end(), 0.0); empty > 0)
    report_.warnings.push_back(str("{} of {} clusters are empty: there are fewer different rows than clusters", empty, k));
}

Tensor KMeans::decision_on(const Features& x) const {
  const int64_t P = x.width();
  const Tensor out = Tensor::empty({x.rows(), k}, Dtype::f64);
  device::parallel_for(x.rows(), kBlock, [&](int64_t begin, int64_t end) {
    std::vector<double> rows(static_cast<size_t>((end - begin) * P));
    x.read_rows(begin, end, rows.data());
    for (int64_t r = begin; r < end; ++r)
      for (int64_t j = 0; j < k; ++j) {
        double sum = 0;
        for (int64_t p = 0; p < P; ++p) {
          const double e = rows[(r - begin) * P + p] - centres_.data<double>()[j * P + p];
          sum += e * e;
        }
        out.data<double>()[r * k + j] = std::sqrt(sum);
      }
  });
  return out;
}

void KMeans::predict_on(const Features& x, double* out) const {
  const Tensor d = decision_on(x);
  for (int64_t r = 0; r < x.rows(); ++r) {
    const double* row = d.data<double>() + r * k;
    out[r] = static_cast<double>(std::min_element(row, row + k) - row);
  }
}

std::string KMeans::describe() const {
  std::string text;
  for (int64_t j = 0; j < k; ++j) {
    text += str("cluster {}: {:.6g} rows, centre", j, sizes_[j]);
    for (int64_t p = 0; p < std::min<int64_t>(centres_.dim(1), 8); ++p)
      text += str(" {:.4g}", centres_.data<double>()[j * centres_.dim(1) + p]);
    text += centres_.dim(1) > 8 ? " ...\n" : "\n";
  }
  return text;
}

void KMeans::write(State& state) const {
  state.set("centres", centres_);
  state.set("sizes", sizes_);
}
void KMeans::read(const State& state) {
  centres_ = state.tensor("centres", Dtype::f64, 2);
  GRIM_CHECK(centres_.dim(0) == k && centres_.dim(1) == static_cast<int64_t>(columns().size()), input, "k-means", "centres of shape {}",
             centres_.shape());
  sizes_ = state.numbers("sizes", k);
}

}  // namespace grim
