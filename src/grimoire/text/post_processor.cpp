#include "grimoire/text/post_processor.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/tokenizer_part.h"
#include "grimoire/text/unicode.h"

namespace grim {
namespace {

using Encodings = std::vector<Encoding>;
using Source = PostProcessor::Source;

bool continues(std::string_view text, size_t at) { return at < text.size() && continues_character(text[at]); }

// Takes the spaces at the ends of each token out of its offsets; of one that was put before the text there is nothing to take. As many characters
// of the text go as the token has spaces.
void trim_offsets(Encoding& e, bool added_prefix_space, const Source& source) {
  const auto blank = [](char32_t c) { return c == byte_symbol(' ') || class_of(c).space(); };
  for (size_t i = 0; i < e.size(); ++i) {
    if (e.sequences[i] < 0) continue;
    const std::string_view text = source.texts[static_cast<size_t>(e.sequences[i])];
    ByteRange& o = e.offsets[i];
    const std::vector<char32_t> points = code_points(source.token(e.ids[i], text.substr(o.begin, o.end - o.begin)));
    auto leading = std::ranges::find_if_not(points, blank) - points.begin();
    auto trailing = std::find_if_not(points.rbegin(), points.rend(), blank) - points.rbegin();
    if (leading > 0 && (i == 0 || o.begin == 0) && added_prefix_space) --leading;
    while (leading-- > 0 && o.begin < o.end) {
      do ++o.begin;
      while (continues(text, o.begin));
    }
    while (trailing-- > 0 && o.end > o.begin) {
      do --o.end;
      while (continues(text, o.end));
    }
  }
  for (Encoding& part : e.overflowing) trim_offsets(part, added_prefix_space, source);
}

void set_type_ids(Encoding& e, int64_t type_id) {
  std::ranges::fill(e.type_ids, type_id);
  for (Encoding& part : e.overflowing) set_type_ids(part, type_id);
}

class Nothing final : public PostProcessor {
 public:
  Encodings apply(Encodings texts, bool, const Source&) const override { return texts; }
};

class ByteLevel final : public PostProcessor {
 public:
  explicit ByteLevel(const Json& json) : trims_(json.boolean("trim_offsets", true)), prefix_space_(json.boolean("add_prefix_space", true)) {}
  Encodings apply(Encodings texts, bool, const Source& source) const override {
    if (trims_)
      for (Encoding& e : texts) trim_offsets(e, prefix_space_, source);
    return texts;
  }

 private:
  bool trims_, prefix_space_;
};

// Special tokens and texts in the order of a template, one for a text and one for a pair.
class Template final : public PostProcessor {
 public:
  struct Part {
    int sequence;              // -1: special tokens
    std::vector<int64_t> ids;  // of these
    int64_t type_id;
  };
  Template(std::vector<Part> single, std::vector<Part> pair) : single_(std::move(single)), pair_(std::move(pair)) {}

  size_t added(bool pair) const override {
    size_t n = 0;
    for (const Part& p : pair ? pair_ : single_) n += p.ids.size();
    return n;
  }
  std::vector<int64_t> ids() const override {
    std::vector<int64_t> all;
    for (const std::vector<Part>* parts : {&single_, &pair_})
      for (const Part& p : *parts) all.insert(all.end(), p.ids.begin(), p.ids.end());
    return all;
  }
  Encodings apply(Encodings texts, bool special_tokens, const Source&) const override {
    Encodings out;
    for (const Part& p : texts.size() > 1 ? pair_ : single_) {
      if (p.sequence >= 0) {
        out.push_back(texts[static_cast<size_t>(p.sequence)]);
        set_type_ids(out.back(), p.type_id);
      } else if (special_tokens) {
        out.emplace_back();
        for (const int64_t id : p.ids) out.back().push(id, {}, -1, p.type_id, -1, true);
      }
    }
    return out;
  }

 private:
  std::vector<Part> single_, pair_;
};

class Sequence final : public PostProcessor {
 public:
  explicit Sequence(std::vector<std::unique_ptr<PostProcessor>> parts) : parts_(std::move(parts)) {}
  size_t added(bool pair) const override {
    size_t n = 0;
    for (const auto& part : parts_) n += part->added(pair);
    return n;
  }
  std::vector<int64_t> ids() const override {
    std::vector<int64_t> all;
    for (const auto& part : parts_)
      for (const int64_t id : part->ids()) all.push_back(id);
    return all;
  }
  Encodings apply(Encodings texts, bool special_tokens, const Source& source) const override {
    for (const auto& part : parts_) texts = part->apply(std::move(texts), special_tokens, source);
    return texts;
  }

 private:
  std::vector<std::unique_ptr<PostProcessor>> parts_;
};

using Made = std::unique_ptr<PostProcessor>;

std::vector<Template::Part> parts_of(const Json& list, const Json& tokens, bool pair) {
  std::vector<Template::Part> parts;
  for (const Json& item : list.items()) {
    if (const Json* const sequence = item.find("Sequence")) {
      const std::string& id = sequence->text("id");
      GRIM_CHECK(id == "A" || (id == "B" && pair), input, "tokenizer", "post_processor: sequence '{}' in the template of {}", id, pair ? "a pair" : "one text");
      parts.push_back({id == "B", {}, sequence->integer("type_id")});
    } else {
      const Json& special = item.at("SpecialToken");
      const Json* const token = tokens.find(special.text("id"));
      GRIM_CHECK(token, input, "tokenizer", "post_processor: the template uses '{}', which special_tokens does not define", special.text("id"));
      Template::Part part{-1, {}, special.integer("type_id")};
      for (const Json& id : token->list("ids")) part.ids.push_back(id.as_integer());
      parts.push_back(std::move(part));
    }
  }
  return parts;
}

Made from_template(const Json& json) {
  const Json& tokens = json.at("special_tokens");
  return std::make_unique<Template>(parts_of(json.at("single"), tokens, false), parts_of(json.at("pair"), tokens, true));
}

int64_t id_of(const Json& json, const char* key) { return json.at(key)[1].as_integer(); }  // ["[CLS]", 101]

// BERT's [CLS] A [SEP] B [SEP], the second text and its end of type 1.
Made bert(const Json& json) {
  const int64_t cls = id_of(json, "cls"), sep = id_of(json, "sep");
  std::vector<Template::Part> single = {{-1, {cls}, 0}, {0, {}, 0}, {-1, {sep}, 0}}, pair = single;
  pair.insert(pair.end(), {{1, {}, 1}, {-1, {sep}, 1}});
  return std::make_unique<Template>(std::move(single), std::move(pair));
}

// RoBERTa's <s> A </s> </s> B </s>, all of type 0.
Made roberta(const Json& json) {
  const int64_t cls = id_of(json, "cls"), sep = id_of(json, "sep");
  std::vector<Template::Part> single = {{-1, {cls}, 0}, {0, {}, 0}, {-1, {sep}, 0}}, pair = single;
  pair.insert(pair.end(), {{-1, {sep}, 0}, {1, {}, 0}, {-1, {sep}, 0}});
  std::vector<Made> parts;
  if (json.boolean("trim_offsets", true)) parts.push_back(std::make_unique<ByteLevel>(json));
  parts.push_back(std::make_unique<Template>(std::move(single), std::move(pair)));
  return std::make_unique<Sequence>(std::move(parts));
}

Made sequence(const Json& json) {
  std::vector<Made> parts;
  for (const Json& part : json.list("processors")) parts.push_back(make_post_processor(part));
  return std::make_unique<Sequence>(std::move(parts));
}

struct Kind {
  const char* type;
  Made (*make)(const Json&);
};
constexpr Kind kKinds[] = {{"BertProcessing", bert},       {"ByteLevel", [](const Json& json) -> Made { return std::make_unique<ByteLevel>(json); }},
                           {"RobertaProcessing", roberta}, {"Sequence", sequence}, {"TemplateProcessing", from_template}};

}  // namespace

std::unique_ptr<PostProcessor> make_post_processor(const Json& json) {
  if (json.is_null()) return std::make_unique<Nothing>();
  return made_by_type(kKinds, json, "post_processor");
}

Json around_json(const std::optional<AroundToken>& first, const std::optional<AroundToken>& last) {
  if (!first && !last) return {};
  Json tokens = Json::object(), single = Json::array(), pair = Json::array();
  for (int i = 0; i < 2; ++i) {
    const int type_id = first ? i : 0;
    const auto put = [&](Json item) {
      if (i == 0) single.push(item);
      pair.push(std::move(item));
    };
    const auto special = [&](const std::optional<AroundToken>& t) {
      if (!t) return;
      tokens.set(t->token, Json::object({{"id", t->token}, {"ids", Json::array({t->id})}, {"tokens", Json::array({t->token})}}));
      put(Json::object({{"SpecialToken", Json::object({{"id", t->token}, {"type_id", type_id}})}}));
    };
    special(first);
    put(Json::object({{"Sequence", Json::object({{"id", i == 0 ? "A" : "B"}, {"type_id", type_id}})}}));
    special(last);
  }
  return Json::object(
      {{"type", "TemplateProcessing"}, {"single", std::move(single)}, {"pair", std::move(pair)}, {"special_tokens", std::move(tokens)}});
}

}  // namespace grim
