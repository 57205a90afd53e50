// What a checkpoint belongs to: the goal of its run, its data, how they are cut (in its manifest) and numbered (tokenizer.json).
// Weights mean little beside other data and nothing beside other ids, so a run that goes on compares first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "grimoire/data/corpus.h"
#include "grimoire/text/char_tokenizer.h"
#include "grimoire/train/lm_data.h"
#include "grimoire/train/run_config.h"

namespace grim {

struct Provenance {
  int64_t goal = 0;             // steps
  std::string format, split;    // "lines", "80/10/10"
  int64_t size = 0;             // items or bytes of text
  std::string content;          // content_hash of the corpus
  Json settings;                // all of the run's
};

Provenance provenance_of(const RunConfig& config, const Corpus& corpus);

// What the last tenth of a corpus (LmData::common) was to a model: held back; what its best weights were chosen on, some or all of it; what
// it was trained on, some or all of it; or nothing is known.
enum class Seen { no, chosen, trained, unknown };
Seen common_part_seen(const SplitPercent& split);  // of the same corpus
Seen common_part_seen(const std::optional<Provenance>& trained, const Corpus& corpus);
Json to_json(const Provenance& provenance);
// Out of a manifest's `about`; nothing for a checkpoint written before this was kept, or a folder without a manifest, whose `about` is null.
// throws: input
std::optional<Provenance> provenance_in(const Json& about);
int64_t step_in(const Json& about);  // 0 where nothing is known. throws: input

// What differs, both sides named; empty when nothing does. The goal may.
std::vector<std::string> differences(const Provenance& saved, const Provenance& now);
std::vector<std::string> differences(const CharTokenizer& saved, const CharTokenizer& now);
// Settings that were changed by hand meanwhile, "lr: 0.1 then, 0.01 now": they may, but it is another run from here on. Where things
// are, threads, the goal and what the first kind of difference covers are left out.
std::vector<std::string> changed_settings(const Provenance& saved, const Provenance& now);

}  // namespace grim
