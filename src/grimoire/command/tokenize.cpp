#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/json_line.h"
#include "grimoire/base/utf8.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/tokenizer_page.h"
#include "grimoire/text/tokenizer.h"

namespace grim {
namespace {

using report::number;

constexpr size_t kMostShown = 400;  // pieces

class TokenizeCommand final : public Command {
 public:
  std::string name() const override { return "tokenize"; }
  std::string summary() const override { return "show how a tokenizer cuts a text, and the ids of its pieces"; }
  std::vector<std::string> examples() const override {
    return {"grimoire tokenize \"Hello, y'all!\" --tokenizer runs/names", "grimoire tokenize --data notes.txt --tokenizer models/gpt2 --json",
            "grimoire tokenize \"unaffable\" --tokenizer models/bert --explain"};
  }
  std::vector<Positional> positionals() override { return {{"text", "the text to cut", &text_, false}}; }
  Options options() override {
    return {{.name = "tokenizer", .help = "a folder that holds a tokenizer, its file, a run folder, or the name of a published model", .target = &tokenizer_,
             .basic = true, .required = true},
            {.name = "data", .help = "a file whose text is cut, instead", .target = &data_, .basic = true},
            {.name = "pair", .help = "a second text, as models of two texts read it", .target = &pair_, .basic = true},
            {.name = "bare", .help = "without the special tokens around a text", .target = &bare_, .basic = true},
            {.name = "explain", .help = "each stage: what was normalised, the words, their pieces and ids", .target = &explain_, .basic = true}};
  }

  void set(const Settings& settings) override {
    Command::set(settings);
    paired_ = std::ranges::any_of(settings, [](const Setting& s) { return s.name == "pair"; });  // an empty text is one too
  }

  int run(Console& console) override {
    if (text_.empty() == data_.empty())
      throw Error(ErrorKind::usage, text_.empty() ? "there is nothing to tokenize" : "a text and --data: one of them is cut", "give a text, or --data FILE");
    const std::string text = data_.empty() ? text_ : read_file(data_);
    check_utf8(text, data_.empty() ? "the text" : data_);
    check_utf8(pair_, "the second text");
    const std::shared_ptr<const Tokenizer> tokenizer = tokenizer_at(tokenizer_);
    EncodeOptions options{.special_tokens = !bare_};
    if (paired_) options.pair = pair_;
    const Encoding e = tokenizer->encode_with(text, options);

    report::Report page;
    page.blocks.emplace_back(report::Pieces{first_pieces(e, *tokenizer, text)});
    if (kMostShown < e.size())
      page.blocks.emplace_back(report::Remark{str("and {} pieces more", with_commas(static_cast<int64_t>(e.size() - kMostShown))), report::Tone::faint});
    if (explain_) explain(page, *tokenizer, e, text);
    else page.blocks.emplace_back(report::Steps{{ids_in_words(e)}, "ids"});
    const Counts n = counts_of(e, *tokenizer, text);
    page.blocks.emplace_back(report::Facts{{{"tokens", static_cast<double>(n.tokens)},
                                            {"of the text", static_cast<double>(n.of_text)},
                                            {"characters", static_cast<double>(n.characters)},
                                            {"bytes a token", number(n.bytes_a_token(), "{:.2f}")},
                                            {"unknown", number(100 * n.unknown_rate(), "{:.2f} %")}}});
    tell(console, page);
    if (console.json()) say_result(console, e, *tokenizer, text, n, page);
    return 0;
  }

 private:
  struct Counts {
    size_t tokens = 0, of_text = 0, unknown = 0, bytes = 0;
    int64_t characters = 0;
    double bytes_a_token() const { return of_text ? static_cast<double>(bytes) / static_cast<double>(of_text) : 0; }
    double unknown_rate() const { return of_text ? static_cast<double>(unknown) / static_cast<double>(of_text) : 0; }
  };

  std::string_view source(const Encoding& e, size_t i, std::string_view text) const {
    return e.sequences[i] < 0 ? std::string_view() : e.sequences[i] == 0 ? text : std::string_view(pair_);
  }

  Counts counts_of(const Encoding& e, const Tokenizer& tokenizer, std::string_view text) const {
    Counts n{.tokens = e.size(), .bytes = text.size() + pair_.size(), .characters = count_code_points(text) + count_code_points(pair_)};
    for (size_t i = 0; i < e.size(); ++i) {
      if (e.sequences[i] < 0) continue;
      ++n.of_text;
      n.unknown += tokenizer.unknown() == e.ids[i];
    }
    return n;
  }

  // As it stood in the text, where it is whole characters that no neighbour shares; else as the vocabulary writes it.
  std::vector<std::string> first_pieces(const Encoding& e, const Tokenizer& tokenizer, std::string_view text) const {
    std::vector<std::string> pieces;
    const auto shares = [&](size_t i, size_t j) { return j < e.size() && e.sequences[j] == e.sequences[i] && e.offsets[j] == e.offsets[i]; };
    for (size_t i = 0; i < std::min(e.size(), kMostShown); ++i) {
      const ByteRange o = e.offsets[i];
      const bool own = e.sequences[i] >= 0 && o.end > o.begin && !shares(i, i + 1) && (i == 0 || !shares(i, i - 1));
      pieces.push_back(own ? std::string(source(e, i, text).substr(o.begin, o.end - o.begin)) : tokenizer.token(e.ids[i]));
    }
    return pieces;
  }

  static std::string ids_in_words(const Encoding& e) {
    std::string ids;
    for (size_t i = 0; i < std::min(e.size(), kMostShown); ++i) ids += str("{}{}", i ? " " : "", e.ids[i]);
    return ids + (e.size() > kMostShown ? " ..." : "");
  }

  // What became of the text on its way: normalised, its words, and of each the tokens and ids.
  void explain(report::Report& page, const Tokenizer& tokenizer, const Encoding& e, std::string_view text) const {
    const std::string normalized = tokenizer.normalized(text);
    if (normalized != text) page.blocks.emplace_back(report::Steps{{std::string(whole_characters(normalized, 2000))}, "normalised"});
    report::Table table{.columns = {"word", "pieces", "ids"}, .rows = {}};
    for (size_t i = 0; i < e.size() && table.rows.size() < kMostShown;) {
      size_t end = i + 1;
      while (end < e.size() && e.words[end] == e.words[i] && e.words[i] >= 0 && e.sequences[end] == e.sequences[i]) ++end;
      const ByteRange whole{e.offsets[i].begin, e.offsets[end - 1].end};
      std::string pieces, ids;
      for (; i < end; ++i) {
        pieces += (pieces.empty() ? "" : " ") + tokenizer.token(e.ids[i]);
        ids += str("{}{}", ids.empty() ? "" : " ", e.ids[i]);
      }
      const std::string_view from = source(e, end - 1, text);
      table.rows.push_back({from.empty() ? "" : std::string(from.substr(whole.begin, whole.end - whole.begin)), pieces, ids});
    }
    page.blocks.emplace_back(std::move(table));
  }

  void say_result(Console& console, const Encoding& e, const Tokenizer& tokenizer, std::string_view text, const Counts& n, const report::Report& page) const {
    JsonLine line([&](const std::string& part) { console.result_part(part); });
    const std::vector<ByteRange> offsets = character_offsets(e, text, pair_);
    const auto list = [&](const char* key, const auto& item) { line.list(key, e.size(), item); };
    list("ids", [&](size_t i) { return e.ids[i]; });
    list("tokens", [&](size_t i) { return tokenizer.token(e.ids[i]); });
    list("offsets", [&](size_t i) { return Json::array({offsets[i].begin, offsets[i].end}); });
    list("words", [&](size_t i) { return e.words[i]; });
    list("type_ids", [&](size_t i) { return e.type_ids[i]; });
    list("special", [&](size_t i) { return e.special[i]; });
    line.member("count", n.tokens);
    line.member("characters", n.characters);
    line.member("bytes_a_token", n.bytes_a_token());
    line.member("unknown_rate", n.unknown_rate());
    line.member("report", to_json(page));
    line.end();
  }

  std::string text_, tokenizer_, data_, pair_;
  bool bare_ = false, explain_ = false, paired_ = false;
};

}  // namespace

std::unique_ptr<Command> make_tokenize_command() { return std::make_unique<TokenizeCommand>(); }

}  // namespace grim
