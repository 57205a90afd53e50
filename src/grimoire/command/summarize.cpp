// Summaries: the first sentences of a text, its central ones, or what a model writes; held against those of people where there are any.
#include <algorithm>
#include <optional>
#include <variant>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/command/weights_flag.h"
#include "grimoire/data/corpus.h"
#include "grimoire/data/documents.h"
#include "grimoire/data/text_table.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/task/lexrank.h"
#include "grimoire/task/rouge_rows.h"
#include "grimoire/task/seq2seq_data.h"

namespace grim {
namespace {

using report::number;
using Sentences = std::vector<std::string>;

constexpr const char* kLead = "lead";
constexpr const char* kLexRank = "lexrank";

struct Texts {
  std::vector<std::string> texts, summaries;  // summaries: of people, one for each text or none
};

struct Summaries {
  std::string by;
  std::vector<Sentences> of_texts;
  double seconds = 0;
};

class SummarizeCommand final : public Command {
 public:
  std::string name() const override { return "summarize"; }
  std::string summary() const override { return "make long texts short: by their own central sentences, or by what a model writes"; }
  std::vector<std::string> examples() const override {
    return {"grimoire summarize --file report.txt --sentences 5", "grimoire summarize --data papers.tsv --by lead --by lexrank --stem",
            "grimoire summarize --data papers.tsv --by runs/short --out written.txt"};
  }
  std::string note() const override {
    return "lead takes the first sentences of a text; lexrank those that the others resemble most (grimoire explain lexrank); a model has to be one that\n"
           "makes one text of another, as 'grimoire finetune --task summarize' teaches it.";
  }
  Options options() override {
    return {{.name = "file", .help = "a text file, which is one text; may be given again and again", .target = &files_, .basic = true, .without = {"data"}},
            {.name = "text", .help = "a text; may be given again and again", .target = &texts_, .basic = true, .without = {"data"}},
            {.name = "data", .help = "many texts, which are scored where each has a summary beside it: TSV, CSV, JSON Lines", .target = &data_, .basic = true},
            {.name = "by", .help = "lead, lexrank, or a folder of a model that writes; may be given again, to compare; unless given lexrank", .target = &by_,
             .basic = true},
            {.name = "sentences", .help = "so many sentences, of lead and lexrank", .target = &sentences_, .low = 1, .high = 1e6, .basic = true},
            {.name = "out", .help = "file for the summaries, a line each", .target = &out_, .basic = true},
            {.name = "stem", .help = "scores compare words without their English endings (Porter)", .target = &stem_, .basic = true, .with = "data"},
            {.name = "text-column", .help = "column of the texts, by name or number from 0; else 'text', or the first", .target = &text_column_,
             .with = "data"},
            {.name = "summary-column", .help = "column of the summaries; else 'summary', or without names the second", .target = &summary_column_,
             .with = "data"},
            {.name = "prefix", .help = "words before every text that a model reads; unless given, those it was taught with", .target = &prefix_},
            {.name = "max-length", .help = "tokens that a model reads of a text", .target = &max_length_, .low = 1, .high = 1 << 20},
            weights_flag(&weights_),
            {.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256}};
  }
  void set(const Settings& settings) override {
    Command::set(settings);
    for (const Setting& s : settings)
      if (s.name == "prefix") given_prefix_ = prefix_;
  }

  int run(Console& console) override {
    if (files_.empty() && texts_.empty() && data_.empty())
      throw Error(ErrorKind::usage, "--file is missing: what is to be made short, or --text or --data", see_help(*this));
    if (by_.empty()) by_.emplace_back(kLexRank);
    if (!out_.empty() && by_.size() > 1)
      throw Error(ErrorKind::usage, str("--out is for the summaries of one: got {} of --by", by_.size()), "leave --out or some of --by out");
    const device::ThreadCap cap(threads_);
    const Texts texts = data_.empty() ? texts_given() : texts_of_table(console);
    std::vector<Summaries> all;
    for (const std::string& by : by_) {
      const double begin = monotonic_seconds();
      Summaries made{.by = by, .of_texts = by == kLead || by == kLexRank ? taken_from(texts.texts, by == kLead) : written(console, texts.texts, by)};
      made.seconds = monotonic_seconds() - begin;
      all.push_back(std::move(made));
    }
    if (!out_.empty()) write_atomically(out_, in_lines(all.front()));
    if (texts.summaries.empty()) say(console, all);
    else judge(console, texts.summaries, all);
    return 0;
  }

 private:
  Texts texts_given() const {
    Texts all{.texts = texts_, .summaries = {}};
    for (const std::string& path : files_) {
      all.texts.push_back(read_file(path));
      check_is_text(all.texts.back(), path);
    }
    for (const std::string& text : all.texts)
      if (trimmed(text).empty()) throw Error(ErrorKind::input, "there is nothing in one of the texts", "expected sentences");
    return all;
  }
  Texts texts_of_table(Console& console) const {
    const TextTable table = read_text_table(data_, {"text", "summary", text_column_, summary_column_});
    const auto named = [&](const char* name) { return table.named && std::ranges::find(table.columns, name) != table.columns.end(); };
    const size_t from = !text_column_.empty() ? table.column(text_column_) : named("text") ? table.column("text") : 0;
    std::optional<size_t> to;
    if (!summary_column_.empty()) to = table.column(summary_column_);
    else if (named("summary")) to = table.column("summary");
    else if (!table.named && table.columns.size() > 1) to = 1;
    if (to == from)
      throw Error(ErrorKind::input, str("{}: the column '{}' cannot hold both texts and summaries", data_, table.columns[from]), "name the other");
    Texts all;
    const auto filled = [&](size_t row, size_t column) {
      const std::string& cell = table.at(row, column);
      if (trimmed(cell).empty())
        throw Error(ErrorKind::input, str("{}: nothing stands in column '{}'", table.place(row), table.columns[column]), "leave the row out");
      return cell;
    };
    for (size_t r = 0; r < table.rows(); ++r) {
      all.texts.push_back(filled(r, from));
      if (to) all.summaries.push_back(filled(r, *to));
    }
    console.say(str("texts: column '{}'; {}", table.columns[from],
                    to ? str("summaries: column '{}'", table.columns[*to]) : std::string("no column of summaries to judge by")));
    return all;
  }

  std::vector<Sentences> taken_from(const std::vector<std::string>& texts, bool lead) const {
    std::vector<Sentences> all;
    for (const std::string& text : texts) {
      Sentences sentences = sentences_of(text);
      const auto most = static_cast<size_t>(sentences_);
      if (lead) {
        sentences.resize(std::min(most, sentences.size()));
        all.push_back(std::move(sentences));
        continue;
      }
      Sentences& taken = all.emplace_back();
      for (const size_t i : central_sentences(lexrank(sentences), most)) taken.push_back(sentences[i]);
    }
    return all;
  }

  std::vector<Sentences> written(Console& console, const std::vector<std::string>& texts, const std::string& by) const {
    const AnyTrained any = load_any(model_at(by), weights_);
    const auto* const trained = std::get_if<TrainedSeq2Seq>(&any);
    if (!trained)
      throw Error(ErrorKind::input, str("'{}' holds no model that makes one text of another", by),
                  "expected lead, lexrank, or a folder of a T5, BART or their kin");
    const std::string prefix = given_prefix_.value_or(eval::training_settings(trained->about).text("prefix", ""));
    std::vector<std::string> sources;
    for (const std::string& text : texts) sources.push_back(prefix + text);
    const int64_t most = std::min(max_length_, trained->model->decode_cache()->capacity());
    PairExamples::Ids ids;
    int64_t longer = 0;
    for (Encoding& e : encode_all(*trained->tokenizer, sources, {}, {.truncation = TokenTruncation{.max_length = most}})) {
      longer += !e.overflowing.empty();
      ids.push_back(std::move(e.ids));
    }
    if (longer > 0) console.say(str("{}: of {} of {} texts only the first {} tokens are read", by, longer, texts.size(), most));
    const int64_t end = end_token(*trained);
    std::vector<Sentences> all;
    for (const std::string& text : write_all(*trained->model, *trained->tokenizer, ids, end)) all.push_back(sentences_of(text));
    return all;
  }

  static std::string in_lines(const Summaries& made) {
    std::string lines;
    for (const Sentences& s : made.of_texts) lines += joined(s, " ") + "\n";
    return lines;
  }

  static void say(Console& console, const std::vector<Summaries>& all) {
    Json result = Json::object();
    for (const Summaries& made : all) {
      if (all.size() > 1) console.data(made.by + ":\n");
      console.data(in_lines(made));
      Json lines = Json::array();
      for (const Sentences& s : made.of_texts) lines.push(joined(s, " "));
      result.set(made.by, lines);
    }
    if (console.json()) console.result(Json::object({{"summaries", result}}));
  }

  // Behind who made the summaries, whose name stands before the first.
  static void add_scores(report::Table& all, const report::Table& own, const std::string& who) {
    if (all.columns.empty()) {
      all.columns = own.columns;
      all.columns.front() = "kind";
      all.columns.insert(all.columns.begin(), "");
    }
    for (size_t r = 0; r < own.rows.size(); ++r) {
      all.rows.push_back(own.rows[r]);
      all.rows.back().insert(all.rows.back().begin(), r == 0 ? who : std::string());
    }
  }

  // Sentences of ROUGE-Lsum are those that the texts are cut into.
  void judge(Console& console, const std::vector<std::string>& right, const std::vector<Summaries>& all) const {
    const Stemming stemming = stem_ ? Stemming::porter : Stemming::none;
    const RougeAggregation how;
    report::Table scores{{}, {}}, sizes{{"", "words a summary", "s"}, {}};
    Json by = Json::object();
    for (const Summaries& made : all) {
      RougeScores rouge({});
      double words = 0;
      for (size_t i = 0; i < right.size(); ++i) {
        const std::string reference = joined(sentences_of(right[i]), "\n"), own = joined(made.of_texts[i], "\n");
        const std::string_view view = reference;
        rouge.add(own, std::span(&view, 1), stemming);
        words += static_cast<double>(rouge_words(own, Stemming::none).size()) / static_cast<double>(right.size());
      }
      Json result = Json::object();
      add_scores(scores, rouge_table(rouge, how, result), file_name(made.by));
      sizes.rows.push_back({file_name(made.by), number(words, "{:.1f}"), number(made.seconds, "{:.1f}")});
      result.set("words", words);
      by.set(made.by, result);
    }
    const std::string signature = rouge_signature(1, stemming, how);
    show(console, {"", {scores, sizes, report::Remark{signature}}}, Json::object({{"by", by}, {"texts", right.size()}, {"signature", signature}}));
  }

  std::vector<std::string> files_, texts_, by_;
  std::string data_, out_, text_column_, summary_column_, prefix_;
  WeightType weights_ = WeightType::automatic;
  std::optional<std::string> given_prefix_;
  int64_t sentences_ = 3, max_length_ = 512, threads_ = 0;
  bool stem_ = false;
};

}  // namespace

std::unique_ptr<Command> make_summarize_command() { return std::make_unique<SummarizeCommand>(); }

}  // namespace grim
