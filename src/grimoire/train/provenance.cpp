#include "grimoire/train/provenance.h"

#include <algorithm>

#include "grimoire/base/error.h"

namespace grim {
namespace {

std::string data_in_words(const Provenance& p) {
  return str("{} {} ({})", with_commas(p.size), p.format == "lines" ? "items" : "bytes of text", p.content.substr(0, 8));
}

}  // namespace

Provenance provenance_of(const RunConfig& config, const Corpus& corpus) {
  const bool lines = corpus.format == CorpusFormat::lines;
  return {.goal = config.steps,
          .format = lines ? "lines" : "text",
          .split = config.split,
          .size = static_cast<int64_t>(lines ? corpus.items.size() : corpus.text.size()),
          .content = content_hash(corpus),
          .settings = to_json(RunConfig(config).options())};
}

Json to_json(const Provenance& p) {
  return Json::object({{"goal", p.goal}, {"format", p.format}, {"split", p.split}, {"size", p.size}, {"content_xxh3_128", p.content},
                       {"settings", p.settings}});
}

std::optional<Provenance> provenance_in(const Json& about) {
  const Json* const run = about.is_null() ? nullptr : about.find("run");
  if (!run) return std::nullopt;
  return Provenance{run->integer("goal"), run->text("format"), run->text("split"), run->integer("size"), run->text("content_xxh3_128"),
                    run->at("settings")};
}

int64_t step_in(const Json& about) { return about.is_null() ? 0 : about.integer("step", 0); }

// The parts are cut in the same order whatever their sizes: one that reaches beyond nine tenths holds some of the last.
Seen common_part_seen(const SplitPercent& s) {
  return s.train > kCommonBegins ? Seen::trained : s.train + s.dev > kCommonBegins ? Seen::chosen : Seen::no;
}

Seen common_part_seen(const std::optional<Provenance>& trained, const Corpus& corpus) {
  if (!trained || trained->content != content_hash(corpus)) return Seen::unknown;
  return common_part_seen(SplitPercent::parse(trained->split));
}

std::vector<std::string> differences(const Provenance& saved, const Provenance& now) {
  std::vector<std::string> all;
  const auto compare = [&](const char* what, const std::string& before, const std::string& after) {
    if (before != after) all.push_back(str("{}: {} then, {} now", what, before, after));
  };
  compare("format", saved.format, now.format);
  compare("split", saved.split, now.split);
  compare("data", data_in_words(saved), data_in_words(now));
  return all;
}

std::vector<std::string> changed_settings(const Provenance& saved, const Provenance& now) {
  std::vector<std::string> all;
  RunConfig then;  // as earlier versions kept them, too
  read_kept_settings(then, saved.settings, "the checkpoint's settings");
  const Json settings = to_json(then.options());
  for (size_t i = 0; i < now.settings.size(); ++i) {
    const std::string& key = now.settings.keys()[i];
    if (key == "data" || key == "out" || key == "threads" || key == "steps" || key == "split" || key == "format") continue;
    const Json* const before = settings.find(key);
    if (before && before->dump() != now.settings[i].dump()) all.push_back(str("{}: {} then, {} now", key, before->dump(), now.settings[i].dump()));
  }
  return all;
}

std::vector<std::string> differences(const CharTokenizer& saved, const CharTokenizer& now) {
  const auto shown = [](const std::string& token) { return token == "\n" ? "\\n" : token; };
  const int64_t V = saved.vocab_size(), W = now.vocab_size();
  if (V != W) return {str("tokenizer: {} symbols then, {} now", V, W)};
  for (int64_t id = 0; id < V; ++id)
    if (saved.token(id) != now.token(id))
      return {str("tokenizer: id {} was '{}' then, is '{}' now", id, shown(saved.token(id)), shown(now.token(id)))};
  return {};
}

}  // namespace grim
