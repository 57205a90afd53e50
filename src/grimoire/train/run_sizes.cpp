#include "grimoire/train/run_sizes.h"

#include <algorithm>
#include <cmath>

namespace grim {

double judged_batches(const RunSizes& s, Part part, int64_t most) {
  if (s.judges_all) return s.judged[static_cast<size_t>(part)];
  return std::min(std::ceil(s.judged[static_cast<size_t>(part)] / static_cast<double>(s.judged_at_once)), static_cast<double>(most));
}

std::vector<int64_t> judged_sizes(const RunSizes& s) {
  const int64_t full = s.judged_at_once;
  std::vector<int64_t> sizes;
  for (const Part part : kAllParts) {
    const int64_t most = part == Part::train ? kFinalTrainBatches : kMostJudgements;
    const auto rows = static_cast<int64_t>(s.judged[static_cast<size_t>(part)]);
    if (rows >= full) sizes.push_back(full);
    if (rows < most * full && rows % full != 0) sizes.push_back(rows % full);
  }
  return sizes;
}

int64_t kept_per_weight(const TrainerOptions& c) { return (c.optimizer == OptimizerKind::sgd ? (c.momentum > 0 ? 1 : 0) : 2) + (c.ema > 0 ? 1 : 0); }

int64_t places_of(const RunConfig& c) { return c.architecture().reading == Reading::window ? 1 : c.places(); }

int64_t whole_bytes(double bytes) { return static_cast<int64_t>(std::min(bytes, 1e18)); }

}  // namespace grim
