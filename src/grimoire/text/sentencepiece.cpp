#include "grimoire/text/sentencepiece.h"

#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/machine.h"
#include "grimoire/base/utf8.h"
#include "grimoire/text/charsmap.h"

namespace grim {
namespace {

using Model = SentencePieceModel;

DoubleArray user_defined_of(const Model& model) {
  std::vector<std::string_view> texts;
  for (const Model::Piece& p : model.pieces)
    if (p.kind == PieceKind::user_defined) texts.push_back(p.text);
  return DoubleArray::of(texts, std::vector<uint32_t>(texts.size()));
}

// Bytes of the longest that begins the text; 0: none does.
size_t longest_of(const DoubleArray& set, std::string_view text) {
  size_t longest = 0;
  set.each_prefix(text, [&](size_t bytes, uint32_t) { longest = bytes; });
  return longest;
}

class SentencePieceNormalizer final : public Normalizer {
 public:
  explicit SentencePieceNormalizer(const Model& model)
      : rules_(model.charsmap.empty() ? Charsmap() : Charsmap(model.charsmap)),
        user_defined_(user_defined_of(model)),
        mark_(model.mark()),
        space_behind_(model.space_behind),
        dummy_(model.dummy_prefix),
        removes_(model.remove_extra_spaces) {
    for (size_t b = 1; b < plain_.size(); ++b) {
      const char c = static_cast<char>(b);
      plain_[b] = c != ' ' && !user_defined_.leads({&c, 1}) && rules_.leaves_ascii(c);
    }
    const bool all_plain = user_defined_.units().empty() && std::all_of(plain_.begin() + '!', plain_.begin() + 0x7f, [](bool p) { return p; });
    if (!all_plain) return;
    marks_spaces_ = !rules_.begins(' ');
    marks_lines_ = !rules_.goes_on_with('\n') && rules_.shortest("\n") && rules_.shortest("\n")->text == " ";
  }

  bool is_local() const override { return true; }  // as far as sentencepiece_cuts says
  std::string_view mark_of(char blank) const override {
    return (blank == ' ' && marks_spaces_) || (blank == '\n' && marks_lines_) ? std::string_view(mark_) : std::string_view();
  }

  void apply(AlignedText& text) const override {
    const std::string& s = text.text();
    Marked out(s.size() + s.size() / 2);
    const bool first = text.begins_the_text();  // or a part that begins with the spaces between two words, of which one is left
    size_t at = 0;
    for (Step p = step(s, 0); first && removes_ && p.text == " "; p = step(s, at)) at += p.bytes;
    if (at < s.size()) {
      if (first && dummy_ && !space_behind_) out.put(mark_, text.place(at));
      put_all(text, at, first && removes_, out);
      uint32_t end = text.place(s.size());
      while (removes_ && out.text.ends_with(mark_)) {
        end = out.origins[out.text.size() - mark_.size()].begin;
        out.text.resize(out.text.size() - mark_.size());
        out.origins.resize(out.text.size());
      }
      out.end_at(end);
      if (dummy_ && space_behind_) out.put(mark_, end);
    }
    text = AlignedText(std::move(out.text), std::move(out.origins), text.place(0));
  }

 private:
  struct Step {
    std::string_view text;  // what stands for the next `bytes`
    size_t bytes;
  };
  // A byte stands for what lies between the place where its rule began and the next one's.
  struct Marked {
    explicit Marked(size_t bytes) {
      reserve_to_fill(text, bytes);
      reserve_to_fill(origins, bytes);
    }
    void end_at(uint32_t place) {
      if (!origins.empty()) origins.back().end = place;
    }
    void put(std::string_view part, uint32_t place) {
      end_at(place);
      text += part;
      origins.resize(text.size(), {place, place});
    }
    std::string text;
    std::vector<ByteRange> origins;
  };

  Step step(std::string_view s, size_t at) const {
    const std::string_view rest = s.substr(at);
    if (rest.empty()) return {};
    if (const size_t bytes = longest_of(user_defined_, rest)) return {rest.substr(0, bytes), bytes};
    if (const auto rule = rules_.longest(rest)) return {rule->text, rule->bytes};
    size_t next = at;
    if (next_code_point(s, next) == 0xfffd && next - at == 1) return {"\ufffd", 1};
    return {rest.substr(0, next - at), next - at};
  }

  void put_all(const AlignedText& from, size_t at, bool after_space, Marked& out) const {
    const std::string_view s = from.text();
    while (at < s.size()) {
      if (is_plain(s, at)) {
        const size_t begin = at;
        for (; at < s.size() && is_plain(s, at); ++at) {
          const uint32_t place = from.place(at);
          out.end_at(place);
          out.origins.push_back({place, place});
        }
        out.text.append(s, begin, at - begin);
        after_space = false;
        continue;
      }
      const Step p = step(s, at);
      std::string_view part = p.text;
      while (after_space && part.starts_with(' ')) part.remove_prefix(1);
      const uint32_t place = from.place(at);
      for (size_t i = 0; i < part.size(); ++i) out.put(part[i] == ' ' ? std::string_view(mark_) : part.substr(i, 1), place);
      if (!part.empty()) after_space = removes_ && part.back() == ' ';
      at += p.bytes;
    }
  }
  // ASCII that stays what it is, whatever ASCII follows.
  bool is_plain(std::string_view s, size_t at) const {
    const auto byte = static_cast<uint8_t>(s[at]);
    return byte < 128 && plain_[byte] && (at + 1 == s.size() || static_cast<uint8_t>(s[at + 1]) < 128);
  }

  Charsmap rules_;
  DoubleArray user_defined_;
  std::string mark_;
  bool space_behind_, dummy_, removes_;
  std::array<bool, 128> plain_{};
  bool marks_spaces_ = false, marks_lines_ = false;
};

// Where a text may be cut before anything is done to it. A rule or a user-defined piece may begin with a blank, but none may reach over the border
// before one, nor may a piece; and the ASCII characters before it must stay what they are.
Cuts cuts_of_raw_text(const Model& model) {
  const Charsmap rules = model.charsmap.empty() ? Charsmap() : Charsmap(model.charsmap);
  bool spaces = !rules.goes_on_with(' ');
  for (char c = '!'; c <= '~'; ++c) spaces &= rules.leaves_ascii(c);
  const auto rule = rules.shortest("\n");
  const bool known = model.byte_fallback || std::ranges::find(model.pieces, "\n", &Model::Piece::text) != model.pieces.end();
  bool lines = !rules.goes_on_with('\n') && (rule ? rule->text == " " : known && rules.leaves_ascii('\n'));
  for (const Model::Piece& p : model.pieces) {
    spaces &= p.kind != PieceKind::user_defined || p.text.find(' ', 1) == std::string::npos;
    lines &= p.text.find('\n', std::min(p.text.find_first_not_of('\n'), p.text.size())) == std::string::npos;
  }
  return !spaces ? Cuts::none : lines ? Cuts::lines : Cuts::spaces;
}

class SentencePieceCuts final : public PreTokenizer {
 public:
  explicit SentencePieceCuts(const Model& model) : user_defined_(user_defined_of(model)), mark_(model.mark()) {
    isolates_ = model.kind == Model::Kind::bpe;
    bool known = false;
    for (const Model::Piece& p : model.pieces) {
      if (p.kind != PieceKind::normal && p.kind != PieceKind::user_defined) continue;
      known |= p.text == mark_;
      const std::string_view text = p.text;
      for (size_t i = 0; i + mark_.size() <= text.size(); ++i) {
        if (!text.substr(i).starts_with(mark_)) continue;
        before_ &= i == 0 || text.substr(0, i).ends_with(mark_);
        behind_ &= i + mark_.size() == text.size() || text.substr(i + mark_.size()).starts_with(mark_);
      }
    }
    before_ &= known;  // a mark that is unknown would be one with unknown neighbours
    behind_ &= known && !before_;
    if (before_ && !model.space_behind) cuts_.cuts = cuts_of_raw_text(model);
  }
  CutRule cuts() const override { return cuts_; }

  void split(AlignedText text, const Put& put) const override {
    const std::string& s = text.text();
    size_t begin = 0;
    const auto cut = [&](size_t end) {
      if (end > begin) put(text.slice(begin, end));
      begin = end;
    };
    bool in_marks = false;
    for (size_t at = 0; at < s.size();) {
      const std::string_view rest = std::string_view(s).substr(at);
      const size_t whole = isolates_ ? longest_of(user_defined_, rest) : 0;
      const bool mark = whole == 0 && rest.starts_with(mark_);
      if (whole > 0 || (mark && !in_marks && before_) || (!mark && in_marks && behind_)) cut(at);
      at += whole > 0 ? whole : mark ? mark_.size() : 0;
      if (whole > 0) cut(at);
      else if (!mark) next_code_point(s, at);
      in_marks = mark;
    }
    if (begin == 0 && !s.empty()) put(std::move(text));
    else cut(s.size());
  }

 private:
  DoubleArray user_defined_;
  std::string mark_;
  bool isolates_;
  bool before_ = true, behind_ = true;  // may a text be cut before a run of marks, or behind one?
  CutRule cuts_;
};

class SentencePieceDecoder final : public TokenDecoder {
 public:
  explicit SentencePieceDecoder(const Model& model)
      : unknown_(model.pieces[model.unknown()].text),
        unk_surface_(model.unk_surface),
        mark_(model.decodes_marks ? "\u2581" : " "),
        byte_fallback_(model.byte_fallback),
        one_space_(model.dummy_prefix && !model.remove_extra_spaces),
        all_spaces_(model.remove_extra_spaces) {}

  void apply(std::vector<std::string>& tokens) const override {
    std::string text, bytes;
    bool at_start = true, had_space = false;
    const auto put_bytes = [&] {
      for (size_t at = 0; at < bytes.size();) append_utf8(text, next_code_point(bytes, at));  // what is malformed is U+FFFD, byte by byte
      bytes.clear();
    };
    for (std::string_view token : tokens) {
      if (const auto byte = byte_fallback_ ? byte_named(token) : std::nullopt) {
        bytes += *byte;
        continue;
      }
      put_bytes();
      at_start &= !had_space && text.empty();
      had_space = false;
      if (token == unknown_) {
        text += unk_surface_;
        continue;
      }
      if (at_start && (one_space_ || all_spaces_) && token.starts_with(mark_)) {
        token.remove_prefix(mark_.size());
        had_space = one_space_;
      }
      for (size_t at = 0; at < token.size();) {
        const bool mark = token.substr(at).starts_with(mark_);
        text += mark ? ' ' : token[at];
        at += mark ? mark_.size() : 1;
      }
    }
    put_bytes();
    tokens = {std::move(text)};
  }

 private:
  std::string unknown_, unk_surface_;
  std::string_view mark_;
  bool byte_fallback_;
  bool one_space_, all_spaces_;  // that are left out at the beginning
};

}  // namespace

std::unique_ptr<Normalizer> sentencepiece_normalizer(const Model& model) { return std::make_unique<SentencePieceNormalizer>(model); }
std::unique_ptr<PreTokenizer> sentencepiece_cuts(const Model& model) { return std::make_unique<SentencePieceCuts>(model); }
std::unique_ptr<TokenDecoder> sentencepiece_decoder(const Model& model) { return std::make_unique<SentencePieceDecoder>(model); }

}  // namespace grim
