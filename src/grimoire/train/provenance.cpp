#include "grimoire/train/provenance.h"

#include "grimoire/base/error.h"

namespace grim {

Provenance provenance_of(const RunConfig& config, const TaskSource& source) {
  return {.goal = config.steps, .data = source.identity(config), .settings = to_json(RunConfig(config).options())};
}

Json to_json(const Provenance& p) {
  Json run = Json::object({{"goal", p.goal}});
  for (size_t i = 0; i < p.data.size(); ++i) run.set(p.data.keys()[i], p.data[i]);
  run.set("settings", p.settings);
  return run;
}

std::optional<Provenance> provenance_in(const Json& about) {
  const Json* const run = about.is_null() ? nullptr : about.find("run");
  if (!run) return std::nullopt;
  Json data = Json::object();
  for (size_t i = 0; i < run->size(); ++i)
    if (const std::string& key = run->keys()[i]; key != "goal" && key != "settings") data.set(key, (*run)[i]);
  return Provenance{run->integer("goal"), data, run->at("settings")};
}

int64_t step_in(const Json& about) { return about.is_null() ? 0 : about.integer("step", 0); }

std::vector<std::string> changed_settings(const Provenance& saved, const Provenance& now) {
  RunConfig then;  // as earlier versions kept them, too
  read_kept_settings(then, saved.settings, "the checkpoint's settings");
  const Json settings = to_json(then.options());
  std::vector<std::string> all;
  for (size_t i = 0; i < now.settings.size(); ++i) {
    const std::string& key = now.settings.keys()[i];
    if (key == "data" || key == "out" || key == "threads" || key == "recompute" || key == "steps" || now.data.find(key)) continue;
    const Json* const before = settings.find(key);
    if (before && before->dump() != now.settings[i].dump()) all.push_back(str("{}: {} then, {} now", key, before->dump(), now.settings[i].dump()));
  }
  return all;
}

bool repeats(const Provenance& saved, const Provenance& now, const TaskSource& source) {
  return saved.goal == now.goal && source.differences(saved.data, now.data).empty() && changed_settings(saved, now).empty();
}

}  // namespace grim
