#include "support/learners.h"

#include "grimoire/classic/calibration.h"
#include "grimoire/classic/pipeline.h"
#include "grimoire/classic/preprocess.h"

namespace grim::test {

void set_if_there(Estimator& learner, const std::string& param, double value) {
  for (const Option& o : learner.params())
    if (o.name == param) return o.set(o.json().kind() == Json::Kind::integer ? str("{}", static_cast<int64_t>(value)) : str("{:.17g}", value));
}

std::unique_ptr<Estimator> small_learner(const std::string& name) {
  if (name == "pipeline") {
    std::vector<std::unique_ptr<Estimator>> steps;
    steps.push_back(std::make_unique<Scaler>());
    steps.push_back(make_estimator("logistic"));
    return std::make_unique<Pipeline>(std::move(steps));
  }
  if (name == "calibrated") return std::make_unique<Calibrated>(make_estimator("tree"));
  auto e = make_estimator(name);
  const auto set = [&](const char* param, double value) { set_if_there(*e, param, value); };
  if (name == "forest" || name == "extra-trees") set("trees", 12);
  if (name == "boosting") set("rounds", 12);
  if (name == "adaboost") set("rounds", 8);
  if (name == "k-means") set("k", 3), set("starts", 3);
  if (name == "dbscan") set("eps", 1.2);
  return e;
}

}  // namespace grim::test
