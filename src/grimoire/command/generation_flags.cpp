#include "grimoire/command/generation_flags.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"

namespace grim {
namespace {

constexpr int64_t kCandidates = 4;  // of a contrastive search
const std::vector<std::string> kOfADraw = {"top-k", "top-p", "min-p", "typical-p", "seed"};

SequenceBias bias_of(const std::string& text, int64_t vocabulary) {
  const size_t equals = text.find('=');
  SequenceBias bias{{0}, 0};
  const auto whole = [&](auto& to, size_t from, size_t end) {
    const auto [stop, error] = std::from_chars(text.data() + from, text.data() + end, to);
    return error == std::errc() && stop == text.data() + end;
  };
  if (equals == std::string::npos || !whole(bias.tokens[0], 0, equals) || !whole(bias.bias, equals + 1, text.size()) || bias.tokens[0] < 0 ||
      bias.tokens[0] >= vocabulary || !(std::abs(bias.bias) <= 100))
    throw Error(ErrorKind::usage, str("--logit-bias: got '{}', expected ID=NUMBER, the id below {} and the number from -100 to 100", text, vocabulary),
                "grimoire tokenize shows the ids of a text");
  return bias;
}

}  // namespace

Options GenerationFlags::options(std::vector<std::string> undrawn) {
  GenerationConfig& c = config_;
  std::vector<std::string> likeliest = undrawn;
  likeliest.insert(likeliest.begin(), "temperature=0");
  std::vector<std::string> uncut = likeliest;
  std::erase(uncut, "contrastive");  // it chooses among the k likeliest
  return {{.name = "temperature", .help = "below 1 is safer, above 1 wilder, 0 always the likeliest", .target = &c.temperature,
           .low = 0, .high = 100, .basic = true, .without = undrawn},
          {.name = "top-k", .help = "only the k likeliest tokens; 0 is all", .target = &c.top_k, .low = 0, .basic = true, .without = uncut},
          {.name = "top-p", .help = "only the likeliest tokens that reach this probability together", .target = &c.top_p,
           .low = 1e-300, .high = 1, .basic = true, .without = likeliest},
          {.name = "min-p", .help = "only tokens that have this share of the likeliest one's probability", .target = &c.min_p,
           .low = 0, .high = 1, .without = likeliest},
          {.name = "typical-p", .help = "only tokens whose surprise is nearest to the expected, until they reach this probability", .target = &c.typical_p,
           .low = 1e-300, .high = 1, .without = likeliest},
          {.name = "repetition-penalty", .help = "divides the logits of tokens that stand in the text; 1 is none", .target = &c.repetition_penalty,
           .low = 1e-300, .high = 100},
          {.name = "frequency-penalty", .help = "taken from a token's logit for each time that it was written", .target = &c.frequency_penalty,
           .low = -2, .high = 2},
          {.name = "presence-penalty", .help = "taken from a token's logit once it was written", .target = &c.presence_penalty, .low = -2, .high = 2},
          {.name = "no-repeat-ngram", .help = "so many tokens in a row come at most once; 0 lets them", .target = &c.no_repeat_ngram_size, .low = 0},
          {.name = "ban", .help = "a text that is not written, token by token as it stands here; may be given again", .target = &ban_},
          {.name = "logit-bias", .help = "ID=NUMBER: added to the logit of this token; may be given again", .target = &logit_bias_},
          {.name = "stop", .help = "end a text when this appears; may be given again", .target = &c.stop},
          {.name = "min-tokens", .help = "no end before so many tokens are written", .target = &c.min_new_tokens, .low = 0},
          {.name = "lookup", .help = "guess so many tokens ahead from what the text said before: the same text, sooner; 0 is none",
           .target = &c.prompt_lookup_num_tokens, .low = 0, .high = 64, .without = undrawn},
          {.name = "explain", .help = "show the probability of each choice", .target = &c.explain, .basic = true}};
}

GenerationConfig GenerationFlags::resolve(const TrainedModel& trained, const Options& all, const Settings& given, Console& console) {
  const std::string path = join_path(trained.path, "generation_config.json");
  const StoredGeneration stored = generation_from(trained.generation, path, standard_);
  for (const std::string& key : stored.without_meaning) console.say(str("{}: key '{}' has no meaning here and is left out of account", path, key));
  config_ = stored.config;
  if (std::ranges::any_of(given, [](const Setting& s) { return s.name == "stop"; })) config_.stop.clear();
  bool temperature = false;
  for (const Setting& s : given) {
    if (const Option* const option = find(all, s.name); option && !(option->is_list() && s.name != "stop")) option->set(s.value);
    temperature |= s.name == "temperature" && !s.ambient;
  }
  if (config_.penalty_alpha > 0 && config_.top_k == 0) config_.top_k = kCandidates;
  if (!stored.do_sample && !temperature && config_.penalty_alpha == 0)
    for (const Setting& s : given)
      if (!s.ambient && std::ranges::find(kOfADraw, s.name) != kOfADraw.end())
        throw Error(ErrorKind::usage, str("--{} is of no use: {} says do_sample false, so that always the likeliest token is taken", s.name, path),
                    "with --temperature something is drawn");
  GenerationConfig c = config_;
  c.begin = trained.begin;
  c.ends = trained.ends;
  for (const std::string& text : config_.stop)
    if (text.empty()) throw Error(ErrorKind::usage, "--stop '': an empty text stands everywhere", "give the text that ends one, or leave it out");
  for (const std::string& text : ban_) {
    c.bad_words_ids.push_back(trained.tokenizer->encode(text, "--ban"));
    if (c.bad_words_ids.back().empty())
      throw Error(ErrorKind::usage, str("--ban '{}' has no tokens", text), "give the text that is not to be written, or leave it out");
  }
  for (const std::string& text : logit_bias_) c.sequence_bias.push_back(bias_of(text, trained.model->vocabulary()));
  if (c.prompt_lookup_num_tokens > 0 && !trained.model->decode_cache())
    throw Error(ErrorKind::usage, "--lookup is of no use: this model keeps nothing of what it read, so that guessing ahead saves nothing", "leave it out");
  try {
    check(c);
  } catch (const Error& e) {
    throw Error(ErrorKind::usage, e.what(), e.hint());
  }
  return c;
}

namespace {

std::string shown(const Tokenizer& tokenizer, int64_t id) {
  if (tokenizer.boundary() && id == *tokenizer.boundary()) return "(end)";
  const std::string text = tokenizer.decode({&id, 1}), t = text.empty() ? tokenizer.token(id) : text;
  return t == "\n" ? "\\n" : t.starts_with(' ') || t.ends_with(' ') ? "'" + t + "'" : t;
}

}  // namespace

Json tell_choices(Console& console, const Tokenizer& tokenizer, const std::vector<Choice>& choices) {
  Json all = Json::array();
  report::Table table{{"token", "%", "the likeliest"}, {}};
  for (const Choice& c : choices) {
    std::string likeliest;
    Json others = Json::array();
    for (const Choice::Alternative& a : c.alternatives) {
      likeliest += str("{}{} {:.1f}", likeliest.empty() ? "" : "  ", shown(tokenizer, a.token), 100 * a.probability);
      others.push(Json::object({{"token", tokenizer.token(a.token)}, {"probability", a.probability}}));
    }
    table.rows.push_back({shown(tokenizer, c.token), report::number(100 * c.probability, "{:.1f}"), likeliest});
    all.push(Json::object({{"token", tokenizer.token(c.token)}, {"probability", c.probability},
                           {"model_probability", c.model_probability}, {"alternatives", others}}));
  }
  tell(console, {"", {table}});
  return all;
}

std::string in_words(const Pace& p) {
  constexpr int64_t kFew = 100;
  if (p.within + p.beyond < kFew) return "";
  const auto rate = [](int64_t tokens, double seconds) { return with_commas(static_cast<int64_t>(static_cast<double>(tokens) / std::max(seconds, 1e-9))); };
  const std::string guesses = p.guessed > 0 ? str("; {} of {} tokens guessed ahead were right", with_commas(p.right), with_commas(p.guessed)) : "";
  if (p.within == 0 || !p.goes_on) return str("{} tokens/s", rate(p.within + p.beyond, p.seconds_within + p.seconds_beyond));
  std::string said = str("{} tokens/s", rate(p.within, p.seconds_within));
  if (p.beyond > 0) said += str(" within the context, {} beyond it, where each token reads its whole window again", rate(p.beyond, p.seconds_beyond));
  return said + guesses;
}

}  // namespace grim
