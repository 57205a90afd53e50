#include "grimoire/model/label_keys.h"

#include <algorithm>
#include <utility>

#include "grimoire/base/error.h"
#include "grimoire/model/config_keys.h"

namespace grim {
namespace {

constexpr std::pair<LabelKind, std::string_view> kProblems[] = {
    {LabelKind::one, "single_label_classification"}, {LabelKind::several, "multi_label_classification"}, {LabelKind::number, "regression"}};

}  // namespace

std::vector<std::string> label_names(const Labels& set, int64_t count) {
  std::vector<std::string> names = set.names;
  for (int64_t i = std::ssize(names); i < count; ++i) names.push_back(str("LABEL_{}", i));
  return names;
}

ConfigLabels labels_in_config(const Json& config) {
  ConfigLabels labels;
  if (const Json* ids = config.find("id2label"); ids && ids->is_object() && ids->size() > 0) {
    labels.count = static_cast<int64_t>(ids->size());
    std::vector<std::string> names;
    for (int64_t i = 0; i < labels.count; ++i) {
      const Json* const name = ids->find(std::to_string(i));
      GRIM_CHECK(name, input, "config", "config.json: id2label: no '{}' among its {} labels", i, labels.count);
      names.push_back(name->as_text());
    }
    if (names != label_names({}, labels.count)) labels.set.names = names;
  } else if (config.find("num_labels")) {
    labels.count = config_size(config, "num_labels");
  }
  if (const Json* kind = config.find("problem_type"); kind && !kind->is_null()) {
    const auto* const known = std::ranges::find(kProblems, kind->as_text(), [](const auto& p) { return p.second; });
    GRIM_CHECK(known != std::end(kProblems), input, "config", "config.json: problem_type: '{}' is not known", kind->as_text());
    labels.set.kind = known->first;
  }
  return labels;
}

void set_config_labels(Json& config, const Labels& set, int64_t count) {
  Json names = Json::object({}), numbers = Json::object({});
  const std::vector<std::string> all = label_names(set, count);
  for (size_t i = 0; i < all.size(); ++i) names.set(std::to_string(i), all[i]), numbers.set(all[i], static_cast<int64_t>(i));
  config.set("id2label", names);
  config.set("label2id", numbers);
  if (!set.names.empty()) config.set("problem_type", std::ranges::find(kProblems, set.kind, [](const auto& p) { return p.first; })->second);
}

}  // namespace grim
