#include "grimoire/adapt/merge_vocabulary.h"

#include <algorithm>
#include <memory>
#include <set>
#include <span>

#include "grimoire/base/error.h"
#include "grimoire/hub/adapter.h"
#include "grimoire/hub/model_folder.h"
#include "grimoire/text/char_tokenizer.h"
#include "grimoire/text/tokenizer.h"

namespace grim {
namespace {

using Row = JoinedVocabulary::Row;

class Joiner {
 public:
  Joiner(const MergeConfig& config, const MergePlan& plan) : config_(config), plan_(plan) {
    for (const auto& m : plan.models) {
      tokenizers_.push_back(find_tokenizer(m->folder()));
      if (!tokenizers_.back())
        refuse(str("{} has no tokenizer: its words are not known", m->name()), "leave 'tokenizer_source' out, where the vocabularies are one");
      if (m->vocabulary() < tokenizers_.back()->vocab_size())
        refuse(str("{}: vocab_size is {}, but its tokenizer has {} tokens", m->name(), m->vocabulary(), tokenizers_.back()->vocab_size()));
    }
    const std::string& source = config.tokenizer;
    if (source == "base" && config.base.empty()) refuse("tokenizer 'base': there is no base_model");
    leads_ = source == "union" || source == "base" ? place_of(plan.like->name()) : place_of(source.starts_with("model:") ? source.substr(6) : source);
  }

  JoinedVocabulary join() {
    set_tokens(config_.tokenizer == "union");
    const auto rows = static_cast<int64_t>(tokens_.size()), multiple = std::max<int64_t>(config_.pad_to_multiple_of, 1);
    JoinedVocabulary joined{.rows = (rows + multiple - 1) / multiple * multiple, .tokens = rows, .of = {}, .files = std::move(files_)};
    for (size_t m = 0; m < plan_.models.size(); ++m) joined.of.push_back(rows_of(m, joined.rows));
    for (const auto& [token, rule] : config_.tokens) apply(token, rule, joined);
    return joined;
  }

 private:
  [[noreturn]] void refuse(const std::string& problem, const std::string& hint = "") const {
    fail(ErrorKind::input, "merge", str("{}: {}", config_.source, problem), hint);
  }
  size_t place_of(const std::string& model) const {
    std::vector<std::string> names = {"union", "base"};
    for (size_t i = 0; i < plan_.models.size(); ++i) {
      names.push_back(plan_.models[i]->name());
      if (names.back() == model) return i;
    }
    refuse(str("tokenizer '{}': no model of that name is merged", model), did_you_mean(model, names, str("expected one of {}", joined(names))));
  }

  static std::vector<std::string> tokens_of(const Tokenizer& t) {
    std::vector<std::string> all;
    for (int64_t id = 0; id < t.vocab_size(); ++id) all.push_back(t.token(id));
    return all;
  }

  // The tokens of the new vocabulary, and its files.
  void set_tokens(bool all) {
    const Tokenizer& leads = *tokenizers_[leads_];
    std::shared_ptr<const Tokenizer> made = tokenizers_[leads_];
    if (all && dynamic_cast<const CharTokenizer*>(&leads)) made = joined_characters();
    tokens_ = tokens_of(*made);
    Json json = made->to_json();
    if (all && !dynamic_cast<const CharTokenizer*>(&leads)) append_others(json);
    files_ = {{"tokenizer.json", json.dump_pretty()}, {"tokenizer_config.json", made->config_json().dump_pretty()}};
  }

  std::shared_ptr<const Tokenizer> joined_characters() const {
    std::vector<std::string> items;
    for (const auto& t : tokenizers_) {
      if (!dynamic_cast<const CharTokenizer*>(t.get())) refuse("a vocabulary of characters is not joined with one of words");
      if (t->boundary() != tokenizers_[leads_]->boundary()) refuse("vocabularies of items and of running text are not joined");
      for (int64_t id = t->boundary() ? 1 : 0; id < t->vocab_size(); ++id) items.push_back(t->token(id));
    }
    if (tokenizers_[leads_]->boundary()) return std::make_shared<CharTokenizer>(CharTokenizer::of_items(items));
    return std::make_shared<CharTokenizer>(CharTokenizer::of_text(joined(items, ""), CharTokenizer::Boundary::none));
  }

  // What only others have comes behind: special and added tokens among the added ones, the rest into the model's vocabulary.
  void append_others(Json& json) {
    std::set<std::string> have(tokens_.begin(), tokens_.end());
    Json added = json.find("added_tokens") ? *json.find("added_tokens") : Json::array(), model = json.at("model"), vocabulary = model.at("vocab");
    for (size_t m = 0; m < tokenizers_.size(); ++m) {
      std::set<std::string> added_there;
      const Json other = tokenizers_[m]->to_json();
      if (const Json* const list = other.find("added_tokens"))
        for (const Json& t : list->items()) added_there.insert(t.text("content", ""));
      for (const std::string& token : tokens_of(*tokenizers_[m])) {
        if (token.empty() || !have.insert(token).second) continue;
        const auto id = std::ssize(tokens_);
        tokens_.push_back(token);
        if (added_there.contains(token)) {
          const bool special = tokenizers_[m]->is_special(*tokenizers_[m]->id_of(token));
          added.push(Json::object({{"id", id}, {"content", token}, {"single_word", false}, {"lstrip", false}, {"rstrip", false}, {"normalized", false},
                                   {"special", special}}));
        } else if (vocabulary.is_object()) {
          vocabulary.append(token, id);
        } else {
          vocabulary.push(Json::array({token, kUnlikely}));
        }
      }
    }
    model.set("vocab", std::move(vocabulary));
    json.set("model", std::move(model)), json.set("added_tokens", std::move(added));
  }

  std::optional<int64_t> id_in(size_t m, const std::string& token) const {
    const Tokenizer &t = *tokenizers_[m], &leads = *tokenizers_[leads_];
    if (leads.boundary() && t.boundary() && token == tokens_[static_cast<size_t>(*leads.boundary())]) return t.boundary();  // it is written '.' or longer
    return t.id_of(token);
  }

  std::vector<Row> rows_of(size_t m, int64_t rows) const {
    const size_t base = place_of(plan_.like->name());
    std::vector<Row> all(static_cast<size_t>(rows));
    for (size_t r = 0; r < tokens_.size(); ++r) {
      if (const auto own = id_in(m, tokens_[r])) all[r].of = *own;
      else if (const auto of_base = id_in(base, tokens_[r])) all[r].stand_in = base, all[r].stand_in_row = *of_base;
    }
    return all;
  }

  void apply(const std::string& token, const TokenRule& rule, JoinedVocabulary& joined) const {
    const auto at = std::ranges::find(tokens_, token);
    if (at == tokens_.end()) refuse(str("tokens: the new vocabulary has no '{}'", token), did_you_mean(token, tokens_));
    const auto r = static_cast<size_t>(at - tokens_.begin());
    Row stand{.zero = rule.zero};
    if (!rule.zero && !rule.model.empty()) {
      stand.stand_in = place_of(rule.model);
      const std::optional<int64_t> row = rule.id >= 0 ? rule.id : id_in(stand.stand_in, token);
      if (!row || *row >= plan_.models[stand.stand_in]->vocabulary()) refuse(str("tokens: '{}': {} has no such token", token, rule.model));
      stand.stand_in_row = *row;
    }
    for (auto& rows : joined.of)
      if (rows[r].of < 0 || rule.force) rows[r] = stand;
  }

  static constexpr double kUnlikely = -100;  // the score of a piece that a Unigram model did not know
  const MergeConfig& config_;
  const MergePlan& plan_;
  std::vector<std::shared_ptr<const Tokenizer>> tokenizers_;
  size_t leads_ = 0;
  std::vector<std::string> tokens_;
  std::vector<CheckpointFile> files_;
};

void add_row(const Tensor& to, int64_t row, const Tensor& from, int64_t from_row, float share) {
  const int64_t width = to.numel() / to.dim(0);
  float* const y = to.data<float>() + row * width;
  const float* const x = from.data<float>() + from_row * width;
  for (int64_t i = 0; i < width; ++i) y[i] += share * x[i];
}

}  // namespace

JoinedVocabulary join_vocabularies(const MergeConfig& config, const MergePlan& plan) { return Joiner(config, plan).join(); }

Tensor in_joined_vocabulary(const JoinedVocabulary& joined, size_t m, const std::function<Tensor(size_t model)>& read, size_t models) {
  const std::vector<Row>& rows = joined.of[m];
  Tensor made;
  for (size_t i = 0; i < models; ++i) {
    const size_t o = (m + i) % models;  // its own first: it says the shape
    const Tensor table = read(o);
    if (!table.defined()) continue;
    if (!made.defined()) {
      Shape shape = table.shape();
      shape[0] = joined.rows;
      made = Tensor::zeros(shape);
    }
    for (int64_t r = 0; r < joined.tokens; ++r) {
      const Row& row = rows[static_cast<size_t>(r)];
      if (row.zero) continue;
      if (row.of >= 0) {
        if (o == m) add_row(made, r, table, row.of, 1);
      } else if (row.stand_in_row >= 0) {
        if (o == row.stand_in) add_row(made, r, table, row.stand_in_row, 1);
      } else if (const Row& there = joined.of[o][static_cast<size_t>(r)]; there.of >= 0) {
        const auto having = std::ranges::count_if(joined.of, [&](const auto& all) { return all[static_cast<size_t>(r)].of >= 0; });
        add_row(made, r, table, there.of, 1 / static_cast<float>(having));
      }
    }
  }
  return made;
}

}  // namespace grim
