#include "grimoire/classic/importance.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/rng.h"
#include "grimoire/stats/summary.h"

namespace grim {
namespace {

// The rows with one column taken from other rows of theirs.
Features shuffled_column(const Features& x, int64_t column, Rng& rng) {
  const std::vector<int64_t> order = rng.permutation(x.rows());
  if (x.is_sparse()) {
    auto rows = std::make_shared<SparseRows>();
    rows->columns = x.width();
    for (int64_t r = 0; r < x.rows(); ++r) {
      const double other = x.at(order[static_cast<size_t>(r)], column);
      bool placed = other == 0;
      const auto columns = x.sparse().columns_of(r);
      const auto values = x.sparse().values_of(r);
      for (size_t k = 0; k <= columns.size(); ++k) {
        if (!placed && (k == columns.size() || columns[k] >= column)) {
          rows->column.push_back(static_cast<int32_t>(column)), rows->value.push_back(other);
          placed = true;
        }
        if (k < columns.size() && columns[k] != column) rows->column.push_back(columns[k]), rows->value.push_back(values[k]);
      }
      rows->row_start.push_back(static_cast<int64_t>(rows->column.size()));
    }
    return Features(std::move(rows), x.columns());
  }
  const Tensor out = Tensor::empty({x.rows(), x.width()}, Dtype::f64);
  x.read_rows(0, x.rows(), out.data<double>());
  for (int64_t r = 0; r < x.rows(); ++r) out.data<double>()[r * x.width() + column] = x.at(order[static_cast<size_t>(r)], column);
  return Features(out, x.columns());
}

}  // namespace

std::vector<Importance> permutation_importance(const Estimator& prototype, const Dataset& data, const std::vector<Fold>& folds,
                                               int64_t repeats, uint64_t seed, const FitProgress& progress) {
  GRIM_CHECK(repeats >= 1, argument, "permutation_importance", "got {} repeats, expected at least 1", repeats);
  const int64_t P = data.x.width();
  std::vector<std::vector<double>> falls(static_cast<size_t>(P));
  for (size_t f = 0; f < folds.size(); ++f) {
    GRIM_CHECK(!progress || progress(static_cast<int64_t>(f), static_cast<int64_t>(folds.size())), state, "permutation_importance",
               "stopped");
    const auto fitted = prototype.clone();
    fitted->fit(data.pick(folds[f].train));
    Dataset held = data.pick(folds[f].test);
    const Features as_it_is = held.x;
    const double whole = fitted->score(held);
    for (int64_t c = 0; c < P; ++c)
      for (int64_t r = 0; r < repeats; ++r) {
        Rng rng(RngMode::philox, seed, "importance", static_cast<uint32_t>((static_cast<int64_t>(f) * P + c) * repeats + r));
        held.x = shuffled_column(as_it_is, c, rng);
        falls[static_cast<size_t>(c)].push_back(whole - fitted->score(held));
      }
  }
  std::vector<Importance> all;
  for (int64_t c = 0; c < P; ++c) {
    const auto& v = falls[static_cast<size_t>(c)];
    all.push_back({data.x.columns()[static_cast<size_t>(c)].name, stats::mean(v), deviation_of_scores(v)});
  }
  std::stable_sort(all.begin(), all.end(), [](const Importance& a, const Importance& b) { return a.mean > b.mean; });
  return all;
}

}  // namespace grim
