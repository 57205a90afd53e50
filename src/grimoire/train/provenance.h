// What a checkpoint belongs to: the goal of its run, its data and its settings, kept in its manifest. Weights mean little beside other data, so
// a run that goes on compares first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "grimoire/train/run_config.h"

namespace grim {

struct Provenance {
  int64_t goal = 0;  // steps
  Json data;         // TaskSource::identity
  Json settings;     // all of the run's
};

Provenance provenance_of(const RunConfig& config, const TaskSource& source);
Json to_json(const Provenance& provenance);
// Out of a manifest's `about`; nothing for a checkpoint written before this was kept, or a folder without a manifest, whose `about` is null.
// throws: input
std::optional<Provenance> provenance_in(const Json& about);
int64_t step_in(const Json& about);  // 0 where nothing is known. throws: input

// Settings that were changed by hand meanwhile, "lr: 0.1 then, 0.01 now": they may, but it is another run from here on. Where things
// are, threads, the goal and what the data are known by are left out.
std::vector<std::string> changed_settings(const Provenance& saved, const Provenance& now);
// Will the steps from there on be what they were before?
bool repeats(const Provenance& saved, const Provenance& now, const TaskSource& source);

}  // namespace grim
