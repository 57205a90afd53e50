#include "grimoire/text/normalizer.h"

#include <algorithm>
#include <functional>

#include "grimoire/base/base64.h"
#include "grimoire/base/error.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/bpe.h"
#include "grimoire/text/charsmap.h"
#include "grimoire/text/pattern.h"
#include "grimoire/text/tokenizer_part.h"
#include "grimoire/text/unicode.h"

namespace grim {
namespace {

using Rewrite = TextRewrite;

// f(c, bytes) for every character of the text; the rewrite stands before it.
template <class F> void rewrite(AlignedText& text, F&& f) {
  Rewrite to(text);
  const std::string& s = text.text();
  for (size_t at = 0; at < s.size();) {
    const size_t begin = at;
    const char32_t c = next_code_point(s, at);
    f(to, c, at - begin);
  }
  text = to.done();
}

template <class F> void keep_if(AlignedText& text, F&& keep) {
  rewrite(text, [&](Rewrite& to, char32_t c, size_t bytes) { keep(c) ? to.keep(bytes) : to.drop(bytes); });
}

void lower(AlignedText& text) {
  std::string small;
  rewrite(text, [&](Rewrite& to, char32_t c, size_t) {
    small.clear();
    append_lower(small, c);
    to.put(small, 0);
  });
}

// --- normal forms (Unicode Standard Annex 15) --------------------------------------------------------------------------

enum class Form { nfd, nfc, nfkd, nfkc };

// Each character in its parts, marks in the order of their combining classes.
std::vector<TextChange> decomposed(const std::string& s, bool compatibility) {
  std::vector<TextChange> all;
  std::vector<char32_t> parts;
  size_t marks = 0;  // where the marks after the last starter begin
  const auto sort_marks = [&] {
    const std::ranges::subrange run(all.begin() + static_cast<ptrdiff_t>(marks), all.end());
    const auto class_of_mark = [](const TextChange& change) { return combining_class(change.c); };
    if (!std::ranges::is_sorted(run, {}, class_of_mark)) std::ranges::stable_sort(run, {}, class_of_mark);
  };
  for (size_t at = 0; at < s.size();) {
    parts.clear();
    append_decomposed(parts, next_code_point(s, at), compatibility);
    for (size_t i = 0; i < parts.size(); ++i) {
      if (combining_class(parts[i]) == 0) {
        sort_marks();
        marks = all.size() + 1;
      }
      all.push_back({parts[i], i > 0});
      marks = std::min(marks, all.size());
    }
  }
  sort_marks();
  return all;
}

// Each starter takes up the marks that it composes with and that no other mark of their class, or a higher one, keeps from it.
std::vector<TextChange> recomposed(const std::vector<TextChange>& parts) {
  std::vector<TextChange> all;
  size_t starter = SIZE_MAX;  // in `all`
  int last = -1;              // class of the last mark that stayed behind the starter; -1: none did
  for (const TextChange& part : parts) {
    const int own = combining_class(part.c);
    if (starter != SIZE_MAX && (last < 0 || last < own)) {
      if (const char32_t whole = composed(all[starter].c, part.c)) {
        all[starter] = {whole, all[starter].change + part.change - 1};
        continue;
      }
    }
    if (own == 0) starter = all.size(), last = -1;
    else if (starter != SIZE_MAX) last = own;
    all.push_back(part);
  }
  return all;
}

void normal_form(AlignedText& text, Form form) {
  const std::string& s = text.text();
  const auto small = [](char b) { return static_cast<uint8_t>(b) < 0x80; };
  if (std::ranges::all_of(s, small)) return;
  std::vector<TextChange> all = decomposed(s, form == Form::nfkd || form == Form::nfkc);
  if (form == Form::nfc || form == Form::nfkc) all = recomposed(all);
  text = rewritten(text, all);
}

// --- kinds ---------------------------------------------------------------------------------------------------------------

enum class Reach { anywhere, local, local_above_latin, nowhere };

class Function final : public Normalizer {
 public:
  explicit Function(std::function<void(AlignedText&)> f, Reach reach) : f_(std::move(f)), reach_(reach) {}
  void apply(AlignedText& text) const override { f_(text); }
  bool is_local() const override { return reach_ != Reach::anywhere; }
  bool keeps_latin() const override { return reach_ == Reach::local_above_latin || is_identity(); }
  bool is_identity() const override { return reach_ == Reach::nowhere; }

 private:
  std::function<void(AlignedText&)> f_;
  Reach reach_;
};

class Sequence final : public Normalizer {
 public:
  explicit Sequence(const Json& json) {
    for (const Json& part : json.list("normalizers")) parts_.push_back(make_normalizer(part));
  }
  void apply(AlignedText& text) const override {
    for (const auto& part : parts_) part->apply(text);
  }
  bool is_local() const override {
    return std::ranges::all_of(parts_, [](const auto& p) { return p->is_local(); });
  }
  bool is_identity() const override {
    return std::ranges::all_of(parts_, [](const auto& p) { return p->is_identity(); });
  }
  bool keeps_latin() const override {
    return std::ranges::all_of(parts_, [](const auto& p) { return p->keeps_latin(); });
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> parts_;
};

using Made = std::unique_ptr<Normalizer>;
template <class F> Made function(F&& f, Reach reach = Reach::anywhere) { return std::make_unique<Function>(std::forward<F>(f), reach); }

Made bert(const Json& json) {
  const bool clean = json.boolean("clean_text", true), chinese = json.boolean("handle_chinese_chars", true), small = json.boolean("lowercase", true);
  const bool accents = json.boolean("strip_accents", small);  // null: as `lowercase`
  return function([=](AlignedText& text) {
    if (clean) {
      rewrite(text, [](Rewrite& to, char32_t c, size_t bytes) {
        const PointClass p = class_of(c);
        if (c == 0 || c == 0xfffd || p.bert_control()) return to.drop(bytes);
        p.space() ? to.put(U' ', 0) : to.keep(bytes);
      });
    }
    if (chinese) {
      rewrite(text, [](Rewrite& to, char32_t c, size_t bytes) {
        if (!is_cjk_ideograph(c)) return to.keep(bytes);
        to.put(U' ', 0);
        to.put(c, 1);
        to.put(U' ', 1);
      });
    }
    if (accents) {
      normal_form(text, Form::nfd);
      keep_if(text, [](char32_t c) { return !class_of(c).bert_accent(); });
    }
    if (small) lower(text);
  }, Reach::local);
}

Made strip(const Json& json) {
  const bool left = json.boolean("strip_left", true), right = json.boolean("strip_right", true);
  return function([=](AlignedText& text) {
    size_t begin = 0, end = text.text().size(), last = 0;
    bool seen = false;
    for (size_t at = 0; at < text.text().size();) {
      const size_t here = at;
      if (class_of(next_code_point(text.text(), at)).space()) continue;
      if (!seen && left) begin = here;
      seen = true;
      last = at;
    }
    if (!seen && (left || right)) begin = end;
    else if (right) end = last;
    if (begin > 0 || end < text.text().size()) text = text.slice(begin, end);
  });
}

Made replace(const Json& json) {
  const std::shared_ptr<const Pattern> what = pattern_in(json.at("pattern"));
  // What the reference puts where nothing was confuses its next normalizer, or fails.
  if (what->may_match_nothing())
    fail(ErrorKind::input, "tokenizer", str("Replace: regular expression '{}' may match nothing, which is not supported", json.at("pattern").text("Regex")),
         "the normalizer Prepend puts a text before all");
  return function([what, with = json.text("content")](AlignedText& text) {
    if (!what->find(text.text(), 0)) return;
    Rewrite to(text);
    each_match(*what, text.text(), [&](const Match& m) {
      to.keep(m.begin - to.at());
      to.drop(m.end - m.begin);
      to.put(with, 1);
    });
    to.keep(text.text().size() - to.at());
    text = to.done();
  });
}

// SentencePiece's rules for machine translation: controls go, spaces and invisible characters become a space.
Made nmt(const Json&) {
  return function([](AlignedText& text) {
    rewrite(text, [](Rewrite& to, char32_t c, size_t bytes) {
      if ((c >= 1 && c <= 8) || c == 0xb || (c >= 0xe && c <= 0x1f) || c == 0x7f || c == 0x8f || c == 0x9f) return to.drop(bytes);
      const bool blank = c == 9 || c == 0xa || c == 0xc || c == 0xd || c == 0x1680 || (c >= 0x200b && c <= 0x200f) || c == 0x2028 || c == 0x2029 ||
                         c == 0x2581 || c == 0xfeff || c == 0xfffd;
      blank ? to.put(U' ', 0) : to.keep(bytes);
    });
  });
}

Made byte_level(const Json&) {
  return function([](AlignedText& text) {
    rewrite(text, [s = text.text()](Rewrite& to, char32_t, size_t bytes) {
      const size_t at = to.at();
      for (size_t i = 0; i < bytes; ++i) to.put(byte_symbol(static_cast<uint8_t>(s[at + i])), i > 0);
    });
  });
}

Made precompiled(const Json& json) {
  const auto map = std::make_shared<const Charsmap>(from_base64(json.text("precompiled_charsmap"), "precompiled_charsmap"));
  return function([map](AlignedText& text) { rewrite(text, *map); });
}

template <Form form> Made in_form(const Json&) {
  return function([](AlignedText& text) { normal_form(text, form); }, form == Form::nfc ? Reach::local_above_latin : Reach::local);
}

struct Kind {
  const char* type;
  Made (*make)(const Json&);
};
constexpr Kind kKinds[] = {
    {"BertNormalizer", bert},
    {"ByteLevel", byte_level},
    {"Lowercase", [](const Json&) { return function(lower, Reach::local); }},
    {"NFC", in_form<Form::nfc>},
    {"NFD", in_form<Form::nfd>},
    {"NFKC", in_form<Form::nfkc>},
    {"NFKD", in_form<Form::nfkd>},
    {"Nmt", nmt},
    {"Precompiled", precompiled},
    {"Prepend", [](const Json& json) { return function([s = json.text("prepend")](AlignedText& text) { text.prepend(s); }); }},
    {"Replace", replace},
    {"Sequence", [](const Json& json) -> Made { return std::make_unique<Sequence>(json); }},
    {"Strip", strip},
    {"StripAccents",
     [](const Json&) { return function([](AlignedText& text) { keep_if(text, [](char32_t c) { return !class_of(c).combining(); }); }, Reach::local); }},
};

}  // namespace

bool is_cjk_ideograph(char32_t c) {
  return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b73f) ||
         (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b920 && c <= 0x2ceaf) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

std::unique_ptr<Normalizer> make_normalizer(const Json& json) {
  if (json.is_null()) return function([](AlignedText&) {}, Reach::nowhere);
  return made_by_type(kKinds, json, "normalizer");
}

}  // namespace grim
