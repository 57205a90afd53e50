#include <algorithm>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/base/mapped_file.h"
#include "grimoire/base/utf8.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/tokenizer_page.h"
#include "grimoire/data/corpus.h"
#include "grimoire/text/pipeline_tokenizer.h"
#include "grimoire/text/train_tokenizer.h"

namespace grim {
namespace {

// f(line with its end, its number) for a text file, which may be larger than the memory; "-" is standard input.
template <class F> void each_line_of(const std::string& path, F&& f) {
  const std::string piped = path == "-" ? read_file(path) : "";
  const std::optional<MappedFile> mapped = path == "-" ? std::nullopt : std::optional<MappedFile>(path);
  std::string_view text = mapped ? mapped->bytes() : piped;
  check_is_text(text, path == "-" ? "standard input" : path);
  text = without_byte_order_mark(text);
  int64_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    f(text.substr(at, end - at), ++number);
    at = end;
  }
}

// How a tokenizer cuts a file, line by line.
struct Cut {
  std::string name;
  std::shared_ptr<const Tokenizer> tokenizer;
  int64_t tokens = 0, unknown = 0;
  Encoding line = {};  // as far as it is looked at

  void count(std::string_view text) {
    const std::vector<int64_t> ids = tokenizer->encode(text);
    tokens += static_cast<int64_t>(ids.size());
    const auto* const pipeline = dynamic_cast<const PipelineTokenizer*>(tokenizer.get());
    if (!pipeline || pipeline->model().unknown().empty()) return;
    unknown += std::ranges::count(ids, pipeline->id_of(pipeline->model().unknown()).value_or(-1));
  }
  void look_at(std::string_view text) { line = tokenizer->encode_with(text, {.special_tokens = false}); }
  std::string pieces_from(size_t i) const {
    std::string words;
    for (size_t last = std::min(line.size(), i + 4); i < last; ++i) words += (words.empty() ? "" : " | ") + quoted_token(tokenizer->token(line.ids[i]));
    return words;
  }
};

class TokenizerCommand final : public Command {
 public:
  std::string name() const override { return "tokenizer"; }
  std::string summary() const override {
    return form() == "train" ? "learn a vocabulary from text files, and save a tokenizer"
         : form() == "show" ? "what a tokenizer is made of"
         : form() == "compare" ? "how two tokenizers cut the same file"
                               : "train a tokenizer, show one, compare two";
  }
  std::vector<std::string> examples() const override {
    const std::string train = "grimoire tokenizer train --kind byte-bpe --data input.txt --vocab-size 8000 --out tokenizers/mine";
    const std::string show = "grimoire tokenizer show tokenizers/mine", compare = "grimoire tokenizer compare tokenizers/mine models/gpt2 input.txt";
    if (form() == "train") return {train, "grimoire tokenizer train --kind wordpiece --vocab-size 30000 --out tokenizers/bert --data books/*.txt"};
    if (form() == "show") return {show};
    return form() == "compare" ? std::vector{compare} : std::vector{train, show, compare};
  }
  std::vector<Positional> positionals() override {
    const Positional action = {"action", "train, show or compare", &action_};
    if (form() == "train") return {action};
    if (form() == "show") return {action, {"tokenizer", "a folder that holds a tokenizer, its file, or a run folder", &first_}};
    if (form() == "compare")
      return {action, {"first", "a folder that holds a tokenizer, its file, or a run folder", &first_},
              {"second", "another one", &second_}, {"file", "a text", &third_}};
    return {action, {"tokenizer", "a folder that holds a tokenizer, its file, or a run folder", &first_, false},
            {"second", "another one, to compare", &second_, false},
            {"file", "a text, to compare on, line by line", &third_, false}};
  }
  Forms forms() const override {
    return {.by = "action",
            .all = {{"train", "learn a vocabulary from text files, and save a tokenizer"},
                    {"show", "kind, vocabulary, special tokens, and what is done to a text"},
                    {"compare", "tokens, bytes a token, and the first place that two cut differently, line by line"}}};
  }
  Options options() override {
    if (form() != "train") return {};
    return joined({{{.name = "data", .help = "text files", .target = &data_, .basic = true, .required = true},
                    {.name = "out", .help = "the folder to write", .target = &out_, .basic = true, .required = true}},
                   training_.options()});
  }

  int run(Console& console) override {
    if (form() == "train") return train(console);
    return form() == "show" ? show_one(console) : compare(console);
  }

 private:
  int train(Console& console) {
    if (const FileKind kind = files().kind(out_); kind != FileKind::none && kind != FileKind::folder)
      throw Error(ErrorKind::usage, str("--out: '{}' is a file, expected a folder", out_), "choose another name");
    if (exists(join_path(out_, "tokenizer.json"))) throw Error(ErrorKind::usage, str("--out: '{}' holds a tokenizer already", out_), "choose another folder");
    for (const std::string& path : data_)
      if (path != "-" && !exists(path)) throw Error(ErrorKind::input, str("there is no file '{}'", path), "name text files with --data");
    int64_t bytes = 0;
    const auto texts = [&](const TextSink& sink) {
      for (const std::string& path : data_)
        each_line_of(path, [&](std::string_view line, int64_t) {
          if ((bytes + static_cast<int64_t>(line.size())) >> 22 != bytes >> 22) console.live(str("counting words: {} MB of {}", bytes >> 20, path));
          bytes += static_cast<int64_t>(line.size());
          sink(line);
        });
    };
    const auto tokenizer = train_tokenizer(texts, training_, [&](const TrainingStage& s) {
      console.live(s.of > 0 ? str("{}: {}, wanted {}", s.what, with_commas(s.done), with_commas(s.of)) : str("{}: {}", s.what, with_commas(s.done)));
    });
    save_tokenizer(*tokenizer, out_);
    TokenizerPage page = page_of(*tokenizer, out_);
    page.report.blocks.insert(page.report.blocks.begin(), report::Figure{"bytes of text", report::Number{static_cast<double>(bytes), with_commas(bytes)}});
    if (training_.kind != TokenizerKind::character && tokenizer->vocab_size() < training_.vocab_size)
      page.report.blocks.push_back(report::Remark{
          str("the texts give no more than {} tokens, {} were asked for", with_commas(tokenizer->vocab_size()), with_commas(training_.vocab_size)),
          report::Tone::warning});
    page.report.blocks.push_back(report::Commands{{str("grimoire tokenizer compare {} ANOTHER {}", out_, data_.front())}});
    page.json.set("out", out_);
    page.json.set("bytes", bytes);
    show(console, page.report, std::move(page.json));
    return 0;
  }

  int show_one(Console& console) const {
    TokenizerPage page = page_of(*tokenizer_at(first_), first_);
    show(console, page.report, std::move(page.json));
    return 0;
  }

  int compare(Console& console) const {
    Cut a{first_, tokenizer_at(first_)}, b{second_, tokenizer_at(second_)};
    int64_t bytes = 0, lines = 0;
    std::optional<Json> difference;
    each_line_of(third_, [&](std::string_view line, int64_t number) {
      bytes += static_cast<int64_t>(line.size());
      lines = number;
      a.count(line);
      b.count(line);
      if (!difference) difference = first_difference(a, b, line, number);
    });
    report::Table table{{"tokenizer", "kind", "vocabulary", "tokens", "bytes a token", "unknown"}, {}};
    Json sides = Json::array();
    for (const Cut* c : {&a, &b}) {
      using report::counted;
      const double share = static_cast<double>(bytes) / static_cast<double>(c->tokens);
      table.rows.push_back({c->name, kind_of(*c->tokenizer), counted(c->tokenizer->vocab_size()), counted(c->tokens), report::number(share, "{:.3f}"),
                            counted(c->unknown)});
      sides.push(Json::object({{"tokenizer", c->name}, {"vocab_size", c->tokenizer->vocab_size()}, {"tokens", c->tokens}, {"bytes_a_token", share},
                               {"unknown", c->unknown}}));
    }
    report::Report r{third_, {table}};
    if (!difference) {
      r.blocks.push_back(report::Remark{str("both cut all {} lines, each by itself, in the same places", with_commas(lines)), report::Tone::good});
    } else {
      const Json& d = *difference;
      r.blocks.push_back(report::Facts{{{"first difference", str("line {}, column {}", d.integer("line"), d.integer("column"))},
                                        {first_, d.text("first")},
                                        {second_, d.text("second")}}});
    }
    show(console, r, Json::object({{"file", third_}, {"bytes", bytes}, {"tokenizers", sides}, {"first_difference", difference.value_or(Json())}}));
    return 0;
  }

  // Where the first token lies that the other has not.
  static std::optional<Json> first_difference(Cut& a, Cut& b, std::string_view line, int64_t number) {
    a.look_at(line);
    b.look_at(line);
    const size_t n = std::max(a.line.size(), b.line.size());
    for (size_t i = 0; i < n; ++i) {
      if (i < a.line.size() && i < b.line.size() && a.line.offsets[i] == b.line.offsets[i]) continue;
      size_t at = line.size();
      for (const Cut* c : {&a, &b})
        if (i < c->line.size()) at = std::min<size_t>(at, c->line.offsets[i].begin);
      return Json::object({{"line", number}, {"column", place_of(line, at).column}, {"first", a.pieces_from(i)}, {"second", b.pieces_from(i)}});
    }
    return std::nullopt;
  }

  std::string action_, first_, second_, third_, out_;
  std::vector<std::string> data_;
  TokenizerTraining training_;
};

}  // namespace

std::unique_ptr<Command> make_tokenizer_command() { return std::make_unique<TokenizerCommand>(); }

}  // namespace grim
