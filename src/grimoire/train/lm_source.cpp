#include "grimoire/train/lm_source.h"

#include <algorithm>

#include "grimoire/base/files.h"
#include "grimoire/base/setting_words.h"
#include "grimoire/base/utf8.h"
#include "grimoire/generate/generate.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/few_bits.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/hub/run_folder.h"
#include "grimoire/hub/trained_model.h"
#include "grimoire/text/char_tokenizer.h"
#include "grimoire/train/events.h"
#include "grimoire/train/lm_sizes.h"

namespace grim {
namespace {

struct LmSettings {
  std::string tokenizer;

  static TaskWords words() { return {"token", "counting bigram", "grimoire generate {} -n 10"}; }
  Options options(RunConfig& run) {
    return {{.name = "data", .help = "text file, one item a line or running text", .target = &run.data, .basic = true},
            {.name = "format", .help = "how to read the data", .target = by_choice(&run.format), .choices = {"auto", "lines", "text"}},
            {.name = "tokenizer", .help = "folder or file of a tokenizer, whose end-of-text token parts documents; without one characters are the symbols",
             .target = &tokenizer, .basic = true, .without = {"init-from", "format=lines"}},
            {.name = "split", .help = "percent for train/dev/test", .target = &run.split},
            {.name = "init-from", .help = "begin with the weights and symbols of this run or model folder", .target = &run.init_from},
            window_option(run)};
  }
  std::unique_ptr<TaskSource> open(const RunConfig& run) const {
    const bool pieces = !tokenizer.empty();  // of running text: an item has no place for pieces that stand between items
    GRIM_CHECK(!pieces || run.format != CorpusFormat::lines, argument, "lm",
               GRIM_SETTING("tokenizer") " cuts running text: leave " GRIM_SETTING("format=lines") " out");
    return std::make_unique<LmSource>(load_corpus(run.data, pieces ? CorpusFormat::text : run.format), nullptr, tokenizer);
  }
};

std::string size_in_words(const Json& data) {
  return str("{} {} ({})", with_commas(data.integer("size")), data.text("format") == "lines" ? "items" : "bytes of text",
             data.text("content_xxh3_128").substr(0, 8));
}

}  // namespace

TaskDefaults lm_task_settings() { return task_settings<LmSettings>(); }

std::unique_ptr<Task> LmSource::make(const RunConfig& config, Rng& rng, const std::string& checkpoint) const {
  if (config.adapter.base_in_few_bits()) return over_few_bits(config, checkpoint);
  if (!checkpoint.empty()) return std::make_unique<LmTask>(config, corpus_, rng, load_tokenizer(checkpoint));
  if (config.init_from.empty()) return std::make_unique<LmTask>(config, corpus_, rng, numbering(config));
  const TrainedModel begin = load_trained(config.init_from);
  auto task = std::make_unique<LmTask>(config, corpus_, rng, begin.tokenizer);
  task->model().load(begin.model->checkpoint(), begin.path);
  return task;
}

// Its matrices never stand in memory as floats.
std::unique_ptr<Task> LmSource::over_few_bits(const RunConfig& config, const std::string& checkpoint) const {
  Rng nothing_drawn(RngMode::unset, 0);
  auto task = std::make_unique<LmTask>(config, corpus_, nothing_drawn, checkpoint.empty() ? numbering(config) : load_tokenizer(checkpoint));
  AdapterConfig adapter = config.adapter;
  adapter.base = checkpoint.empty() ? model_folder_in(config.init_from) : read_adapter_config(checkpoint).base;
  hold_base(task->model(), adapter);
  const WeightSources base(adapter.base);
  std::vector<NamedTensor> others;
  for (const TensorSource& source : beside_few_bits(task->model(), base.all)) others.push_back({source.name, source.read()});
  task->model().load(others, adapter.base);
  return task;
}

void LmSource::resolve(RunConfig& c) const {
  const bool lines = corpus_.format == CorpusFormat::lines, window = c.architecture().reading == Reading::window;
  c.format = corpus_.format;
  if (c.shape().size("context") == 0) c.shape().set_size("context", lines && !window ? longest_item(corpus_) + 1 : 64);
  GRIM_CHECK(c.window == 0 || !window, usage, "lm", GRIM_SETTING("max-length={}") ": a {} reads windows of its own length, {}", c.window, c.model, c.context());
  TaskSource::resolve(c);
  if (lines && !window) check_item_lengths(corpus_, c.places() - 1);
  SplitPercent::parse(c.split);
}

std::vector<std::string> LmSource::warnings(const RunConfig& config) const {
  std::vector<std::string> all = TaskSource::warnings(config);
  if (corpus_.format != CorpusFormat::lines || config.architecture().reading == Reading::window) return all;
  double sum = 0;
  int64_t longest = 0, at = 0;
  for (size_t i = 0; i < corpus_.items.size(); ++i) {
    const int64_t n = count_code_points(corpus_.items[i]);
    sum += static_cast<double>(n);
    if (n > longest) longest = n, at = corpus_.line_numbers[i];
  }
  const double mean = sum / static_cast<double>(corpus_.items.size()), wasted = static_cast<double>(config.places()) / (mean + 1);
  if (config.places() > 64 && wasted > 8)
    all.push_back(str("every line is padded to {} symbols, for line {} has {}; the mean is {:.0f}, so a step costs about {:.0f} times what it "
                      "could: leave the longest lines out, or read the file as running text",
                      with_commas(config.places()), at, with_commas(longest), mean, wasted));
  return all;
}

void LmSource::keep(RunConfig& config, const std::string& folder, RunEvents& events) const {
  if (files().kind(config.data) != FileKind::other) return;  // a pipe can be read once
  config.data = join_path(folder, kKeptData);
  write_atomically(config.data, content_of(corpus_));
  events.note(str("the data came through a pipe; they are kept as {}", config.data));
}

Json LmSource::identity(const RunConfig& config) const {
  const bool lines = corpus_.format == CorpusFormat::lines;
  return Json::object({{"format", lines ? "lines" : "text"}, {"split", config.split},
                       {"size", static_cast<int64_t>(lines ? corpus_.items.size() : corpus_.text.size())}, {"content_xxh3_128", content_hash(corpus_)}});
}

std::vector<std::string> LmSource::differences(const Json& saved, const Json& now) const {
  std::vector<std::string> all;
  const auto compare = [&](const char* what, const std::string& before, const std::string& after) {
    if (before != after) all.push_back(str("{}: {} then, {} now", what, before, after));
  };
  compare("format", saved.text("format"), now.text("format"));
  compare("split", saved.text("split"), now.text("split"));
  compare("data", size_in_words(saved), size_in_words(now));
  return all;
}

std::vector<std::string> LmSource::other_numbering(const RunConfig& config, const std::string& checkpoint) const {
  if (!config.init_from.empty()) return {};  // the symbols are those of the model it began with
  const std::shared_ptr<const Tokenizer> saved = load_tokenizer(checkpoint), now = numbering(config);
  const auto shown = [](const std::string& token) { return token == "\n" ? "\\n" : token; };
  const int64_t V = saved->vocab_size(), W = now->vocab_size();
  if (V != W) return {str("tokenizer: {} symbols then, {} now", V, W)};
  for (int64_t id = 0; id < V; ++id)
    if (saved->token(id) != now->token(id))
      return {str("tokenizer: id {} was '{}' then, is '{}' now", id, shown(saved->token(id)), shown(now->token(id)))};
  return {};
}

std::vector<std::string> LmSource::samples(const std::string& folder) const {
  const bool items = corpus_.format == CorpusFormat::lines;
  const TrainedModel trained = load_trained(folder);
  const int count = items ? 30 : has_documents(corpus_, *trained.tokenizer) ? 5 : 1;
  Rng rng(RngMode::philox, 1337, "generate");
  const GenerationConfig config{.max_new_tokens = items ? 0 : 500, .begin = trained.begin, .ends = trained.ends};
  std::vector<std::string> texts;
  for (int i = 0; i < count; ++i) texts.push_back(generate(*trained.model, *trained.tokenizer, "", config, rng));
  return texts;
}

std::shared_ptr<const Tokenizer> LmSource::numbering(const RunConfig& config) const {
  if (known_) return known_;
  if (!config.init_from.empty()) return open_tokenizer(model_folder_in(config.init_from));
  if (tokenizer_.empty()) return make_tokenizer(corpus_);
  // The path may have been given from another folder: a run that goes on has its own.
  return open_tokenizer(!exists(tokenizer_) && holds_run(config.out) ? model_folder_in(config.out) : tokenizer_);
}

double LmSource::characters_a_symbol(const Tokenizer& tokenizer) const {
  const auto characters = static_cast<double>(count_code_points(corpus_.text));
  if (corpus_.format == CorpusFormat::lines || dynamic_cast<const CharTokenizer*>(&tokenizer) || characters == 0) return 1;
  return characters / static_cast<double>(std::max<size_t>(1, running_ids(corpus_, tokenizer).size()));
}

RunSizes LmSource::sizes(const RunConfig& config) const {
  if (config.adapter.adapts()) return TaskSource::sizes(config);
  const std::shared_ptr<const Tokenizer> tokenizer = numbering(config);
  return sizes_of(config, corpus_, tokenizer->vocab_size(), characters_a_symbol(*tokenizer));
}

double LmSource::least_memory(const RunConfig& config) const {
  const RunSizes s = sizes(config);
  const double counts = config.architecture().counts ? 2 * s.buffers : s.buffers;  // read back at the end, beside an empty table
  return 2 * s.weights + s.quantised + counts + s.optimizer + s.data;
}

std::unique_ptr<TaskSource> LmSource::sample(const RunConfig& config, int times) const {
  const std::shared_ptr<const Tokenizer> tokenizer = numbering(config);
  return std::make_unique<LmSource>(sample_of(corpus_, config, times, characters_a_symbol(*tokenizer)), tokenizer);
}

// The parts are cut in the same order whatever their sizes: one that reaches beyond nine tenths holds some of the last.
Seen common_part_seen(const SplitPercent& s) {
  return s.train > kCommonBegins ? Seen::trained : s.train + s.dev > kCommonBegins ? Seen::chosen : Seen::no;
}

Seen common_part_seen(const std::optional<Provenance>& trained, const Corpus& corpus) {
  if (!trained || trained->data.text("content_xxh3_128", "") != content_hash(corpus)) return Seen::unknown;
  return common_part_seen(SplitPercent::parse(trained->data.text("split")));
}

}  // namespace grim
