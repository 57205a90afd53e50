// A language model asked in words, without training, beside models that were taught the task.
#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <span>

#include "grimoire/base/clock.h"
#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/asked_texts.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/eval/answers.h"
#include "grimoire/command/weights_flag.h"
#include "grimoire/device/threads.h"
#include "grimoire/hub/fetch.h"
#include "grimoire/metric/bleu.h"
#include "grimoire/metric/significance.h"
#include "grimoire/metric/squad.h"
#include "grimoire/stats/counts.h"
#include "grimoire/task/answer_spans.h"
#include "grimoire/task/label_scores.h"
#include "grimoire/task/prompt_task.h"

namespace grim {
namespace {

using report::number;

// One task as it is asked.
struct Inquiry {
  PromptTask task = {};
  std::string data = {}, examples = {}, beside = {};
  LabelledColumns columns = {};
  int64_t shots = 0, limit = 0;
  bool calibrate = false;
};

using OnText = std::function<void(size_t text)>;

// A score with what 95 in 100 repetitions would find.
struct Scored {
  const char* what;
  double value, low, high;
};

Scored share(double right, double n) {
  const auto known = stats::proportion_interval(right, n);
  return {"accuracy", right / n, known.low, known.high};
}

// Of numbers from 0 to 1, by the normal distribution.
Scored mean_of(const char* what, const std::vector<double>& each) {
  const auto n = static_cast<double>(each.size());
  double sum = 0, squares = 0;
  for (const double v : each) sum += v, squares += v * v;
  const double mean = sum / n, half = 1.959963984540054 * std::sqrt(std::max(0.0, squares / n - mean * mean) / n);
  return {what, mean, std::max(0.0, mean - half), std::min(1.0, mean + half)};
}

// From 0 to 1, of the right answer that it is nearest to; without one, whether it says nothing.
double f1_of(const Question& answered) { return squad(std::span(&answered, 1), SquadVersion::v2).all.f1 / 100; }

Scored bleu_of(const std::vector<std::string>& written, const std::vector<std::string>& right) {
  const Bleu bleu;
  const std::vector<Lines> references = {Lines(right.begin(), right.end())};
  const LineCounts counts = bleu.count(Lines(written.begin(), written.end()), references);
  const ScoreSpread spread = bootstrap_spread(bleu, counts, {});
  return {"BLEU", bleu.score(counts.sums()), spread.mean - spread.half_width, spread.mean + spread.half_width};
}

class AskCommand final : public Command {
 public:
  std::string name() const override { return "ask"; }
  std::string summary() const override { return "put a task to a language model in words, without training it"; }
  std::vector<std::string> examples() const override {
    return {"grimoire ask smollm2 --task sentiment --text \"a warm, funny, engaging film\"",
            "grimoire ask smollm2 --task sentiment --data dev.tsv --examples train.tsv --shots 8 --calibrate",
            "grimoire ask smollm2 --task sentiment --data dev.tsv --beside runs/reviews"};
  }
  std::vector<Positional> positionals() override { return {{"model", "a run or model folder of a language model, or the name of a published model", &model_}}; }
  Options options() override {
    return {{.name = "task", .help = str("{}, or a JSON file of your own task, or of several", joined(known_prompt_tasks())), .target = &task_, .basic = true},
            {.name = "text", .help = "text to answer; may be given again and again", .target = &texts_, .basic = true, .without = {"data"}},
            {.name = "data", .help = "texts with their answers, to be judged: CSV, TSV, JSON Lines, SQuAD's JSON", .target = &asked_.data, .basic = true},
            {.name = "examples", .help = "texts with their answers, of which some stand answered before each", .target = &asked_.examples, .basic = true},
            {.name = "shots", .help = "how many of them", .target = &asked_.shots, .low = 0, .high = 1000, .basic = true, .with = "examples"},
            {.name = "calibrate", .help = "divide by what the model answers where the text says nothing", .target = &asked_.calibrate, .basic = true},
            {.name = "beside", .help = "a run that was taught the task, judged on the same texts", .target = &asked_.beside, .basic = true, .with = "data"},
            {.name = "limit", .help = "only so many of the texts, drawn by the seed; 0: all", .target = &asked_.limit, .low = 0},
            {.name = "text-column", .help = "column of the texts, by name or number from 0; else it is found", .target = &asked_.columns.text},
            {.name = "pair-column", .help = "column of the text beside each", .target = &asked_.columns.pair},
            {.name = "label-column", .help = "column of the answers", .target = &asked_.columns.label},
            {.name = "out", .help = "file for every answer, a JSON object a line", .target = &out_},
            {.name = "seed", .help = "of the examples that are drawn, and of the texts", .target = &seed_, .low = 0},
            weights_flag(&weights_),
            {.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256}};
  }

  int run(Console& console) override {
    if (task_.empty()) throw Error(ErrorKind::usage, str("--task is missing: {}, or a file", joined(known_prompt_tasks())), see_help(*this));
    const device::ThreadCap cap(threads_);
    const std::vector<Inquiry> questions = questions_of();
    const TrainedModel trained = load_trained(model_at(model_), weights_);
    PromptReader reader(*trained.model, *trained.tokenizer, eval::token_before(trained, {}));
    if (!texts_.empty()) return answer(console, reader, questions[0]);
    report::Table table{{"task", "who", "score", "is", "from", "to", "texts", "s"}, {}};
    std::vector<Judged> judged;
    for (const Inquiry& q : questions) judged.push_back(read_and_judge_taught(console, q));  // quick: what is wrong with a file shows before the long part
    for (size_t i = 0; i < questions.size(); ++i) judge(console, reader, questions[i], judged[i], table);
    const std::string how = str("asked: {}, {} tokens read; from, to: 95 % intervals", file_name(model_), with_commas(reader.tokens_read()));
    show(console, {"", {table, report::Remark{how}}},
         Json::object({{"model", trained.path}, {"rows", rows_}, {"tokens_read", reader.tokens_read()}}));
    if (!out_.empty()) write_atomically(out_, lines_);
    return 0;
  }

 private:
  // A name, a file of one task, or a file {"tasks": [{"task": NAME or FILE or an object, "data": ..., "examples": ..., ...}, ...]} whose paths begin at it.
  std::vector<Inquiry> questions_of() {
    const bool is_file = task_.ends_with(".json") || files().kind(task_) == FileKind::file;
    if (!is_file) {
      asked_.task = known_prompt_task(task_);
      return {checked(asked_)};
    }
    const Json file = Json::parse(read_file(task_), task_);
    const Json* const tasks = file.find("tasks");
    if (!tasks) {
      asked_.task = prompt_task_of(file, task_);
      return {checked(asked_)};
    }
    if (!asked_.data.empty() || !texts_.empty())
      throw Error(ErrorKind::usage, str("{} names several tasks with their data: --data and --text are for one", task_), "leave them out");
    std::vector<Inquiry> all;
    for (const Json& t : tasks->items()) all.push_back(checked(question_of(t)));
    return all;
  }
  Inquiry question_of(const Json& t) const {
    static const std::vector<std::string> keys = {"task",  "data",      "examples",    "beside",      "shots",
                                                  "limit", "calibrate", "text_column", "pair_column", "label_column"};
    for (const std::string& key : t.keys())
      if (std::ranges::find(keys, key) == keys.end())
        throw Error(ErrorKind::input, str("{}: the key '{}' is not known, expected some of {}", task_, key, joined(keys)), did_you_mean(key, keys));
    const auto near = [&](const std::string& key) {
      const std::string path = t.text(key, "");
      return path.empty() || path[0] == '/' ? path : join_path(parent_folder(task_), path);
    };
    Inquiry q{.data = near("data"), .examples = near("examples"), .beside = near("beside"), .shots = t.integer("shots", asked_.shots),
               .limit = t.integer("limit", asked_.limit), .calibrate = t.boolean("calibrate", asked_.calibrate)};
    q.columns = {t.text("text_column", ""), t.text("pair_column", ""), t.text("label_column", "")};
    const Json& what = t.at("task");
    if (what.is_object()) q.task = prompt_task_of(what, task_);
    else if (what.as_text().ends_with(".json")) q.task = prompt_task_of(Json::parse(read_file(near("task")), near("task")), near("task"));
    else q.task = known_prompt_task(what.as_text());
    return q;
  }
  Inquiry checked(Inquiry q) {
    if (q.data.empty() && texts_.empty())
      throw Error(ErrorKind::usage, str("{}: --data or --text is missing: what the model is asked about", q.task.name), see_help(*this));
    if (q.calibrate && !q.task.chooses())
      throw Error(ErrorKind::usage, str("--calibrate: the answers to '{}' are written, not chosen among words", q.task.name), "leave it out");
    if (q.shots > 0 && q.examples.empty()) throw Error(ErrorKind::usage, str("{}: shots without examples to take them from", q.task.name), see_help(*this));
    return q;
  }

  Rng drawn(const char* what) const { return {RngMode::philox, static_cast<uint64_t>(seed_), what}; }
  std::vector<AnsweredText> shots_of(const Inquiry& q) const {
    if (q.shots == 0) return {};
    Rng rng = drawn("shots");
    return drawn_examples(q.task, read_asked(q.examples, q.columns, 0, rng).texts, q.shots, rng);
  }

  int answer(Console& console, PromptReader& reader, const Inquiry& q) {
    LabelledTexts texts;
    for (const std::string& text : texts_) texts.texts.push_back(text), texts.places.push_back(str("text {}", texts.texts.size()));
    const std::vector<AnsweredText> examples = shots_of(q);
    Json all = Json::array();
    const auto say = [&](size_t i, Json a) {
      Json whole = Json::object({{"text", texts.texts[i]}});
      for (size_t k = 0; k < a.size(); ++k) whole.set(a.keys()[k], a[k]);
      if (console.json()) return all.push(whole);
      const Json* const p = whole.find("probability");
      console.data(whole.text("answer") + (p ? str("\t{:.4f}", p->as_real()) : "") + "\t" + texts.texts[i] + "\n");
    };
    if (q.task.chooses()) {
      const PromptAnswers answers = choose_by_prompt(reader, q.task, examples, texts, q.calibrate ? Calibrated::yes : Calibrated::no);
      for (size_t i = 0; i < texts.size(); ++i) {
        double total = 0;
        for (const double n : answers.nats[i]) total += std::exp(answers.nats[i][answers.chosen[i]] - n);
        say(i, Json::object({{"answer", q.task.words[answers.chosen[i]].second}, {"probability", 1 / total}}));
      }
    } else {
      for (size_t i = 0; i < texts.size(); ++i)
        say(i, Json::object({{"answer", std::string(trimmed(reader.written(prompt_of(q.task, examples, texts.texts[i], ""), "\n", q.task.most_tokens)))}}));
    }
    if (console.json()) console.result(Json::object({{"answers", all}}));
    return 0;
  }

  struct Judged {
    AskedTexts asked;
    std::vector<AnsweredText> examples;
    std::optional<Scored> taught = {};
    double seconds = 0;
  };
  Judged read_and_judge_taught(Console& console, const Inquiry& q) const {
    Judged j{.asked = read_asked(q.data, q.columns, q.limit, drawn("texts")), .examples = shots_of(q)};
    console.say(j.asked.texts.reading);
    if (q.beside.empty()) return j;
    const double begin = monotonic_seconds();
    j.taught = score_of_taught(q, j.asked);
    j.seconds = monotonic_seconds() - begin;
    return j;
  }
  void judge(Console& console, PromptReader& reader, const Inquiry& q, const Judged& j, report::Table& table) {
    const LabelledTexts& texts = j.asked.texts;
    const double begin = monotonic_seconds();
    const std::string who = str("{} shot{}{}", j.examples.size(), j.examples.size() == 1 ? "" : "s", q.calibrate ? ", calibrated" : "");
    const OnText on_text = [&](size_t i) { console.live(str("{}: text {} of {}", q.task.name, i + 1, texts.size())); };
    const Scored score = q.task.chooses() ? chosen_score(reader, q, j.examples, texts, on_text) : written_score(reader, q, j.examples, j.asked, on_text);
    add(table, q, who, score, texts.size(), monotonic_seconds() - begin);
    if (j.taught) add(table, q, file_name(q.beside), *j.taught, texts.size(), j.seconds);
  }
  Scored chosen_score(PromptReader& reader, const Inquiry& q, const std::vector<AnsweredText>& examples, const LabelledTexts& texts, const OnText& on_text) {
    std::vector<size_t> right;
    for (size_t i = 0; i < texts.size(); ++i) right.push_back(q.task.choice_of(texts.labels[i], texts.places[i]));
    const PromptAnswers answers = choose_by_prompt(reader, q.task, examples, texts, q.calibrate ? Calibrated::yes : Calibrated::no, on_text);
    double hits = 0;
    for (size_t i = 0; i < texts.size(); ++i) {
      hits += answers.chosen[i] == right[i];
      Json nats = Json::object();
      for (size_t c = 0; c < q.task.words.size(); ++c) nats.set(q.task.words[c].second, answers.nats[i][c]);
      keep(q, examples, texts, i, q.task.words[answers.chosen[i]].first, nats);
    }
    return share(hits, static_cast<double>(texts.size()));
  }
  Scored written_score(PromptReader& reader, const Inquiry& q, const std::vector<AnsweredText>& examples, const AskedTexts& asked, const OnText& on_text) {
    const LabelledTexts& texts = asked.texts;
    std::vector<std::string> written;
    std::vector<double> f1;
    for (size_t i = 0; i < texts.size(); ++i) {
      on_text(i);
      written.emplace_back(trimmed(reader.written(prompt_for(q, examples, texts, i), "\n", q.task.most_tokens)));
      f1.push_back(f1_of({.given = written[i], .right = asked.right_answers(i)}));
      keep(q, examples, texts, i, written[i], {});
    }
    return q.task.score == PromptScore::bleu ? bleu_of(written, texts.labels) : mean_of("F1", f1);
  }
  static std::string prompt_for(const Inquiry& q, const std::vector<AnsweredText>& examples, const LabelledTexts& texts, size_t i) {
    return prompt_of(q.task, examples, texts.texts[i], texts.pairs.empty() ? "" : texts.pairs[i]);
  }
  void keep(const Inquiry& q, const std::vector<AnsweredText>& examples, const LabelledTexts& texts, size_t i, const std::string& answer, const Json& nats) {
    if (out_.empty()) return;
    Json line = Json::object({{"task", q.task.name}, {"prompt", prompt_for(q, examples, texts, i)}, {"right", texts.labels[i]}, {"answer", answer}});
    if (!nats.is_null()) line.set("nats", nats);
    lines_ += line.dump() + "\n";
  }
  // By the labels' names, as the run knows them.
  static Scored score_of_taught(const Inquiry& q, const AskedTexts& asked) {
    const TrainedEncoder taught = load_encoder(model_at(q.beside));
    const Json run = eval::training_settings(taught.about);
    const LabelledTexts& texts = asked.texts;
    if (asked.questions) {
      const EncodedQuestions windows(*taught.tokenizer, *asked.questions, eval::question_windows_of_run(run, *taught.model));
      const AnsweredQuestions answers = answer_questions(*taught.model, windows, eval::answer_options_of_run(run, asked.questions->without_answer() > 0, {}));
      std::vector<double> f1;
      for (const Question& a : for_squad(*asked.questions, answers.questions)) f1.push_back(f1_of({.given = a.given, .right = a.right}));
      return mean_of("F1", f1);
    }
    const EncodedTexts encoded(*taught.tokenizer, texts.texts, texts.pairs, eval::windows_of_run(run, *taught.model), texts.places);
    const LabelScores s = score_labels(answer_labels(*taught.model, encoded), label_targets(texts, taught.model->label_set()));
    const auto n = static_cast<double>(texts.size());
    return share(std::round(s.score * n), n);
  }

  void add(report::Table& table, const Inquiry& q, const std::string& who, const Scored& s, size_t texts, double seconds) {
    const bool percent = s.value <= 1 && std::string_view(s.what) != "BLEU";
    const auto shown = [&](double v) { return number(v, percent ? "{:.4f}" : "{:.2f}"); };
    table.rows.push_back({q.task.name, who, std::string(s.what), shown(s.value), shown(s.low), shown(s.high), static_cast<double>(texts),
                          number(seconds, "{:.1f}")});
    rows_.push(Json::object({{"task", q.task.name}, {"who", who}, {"score", s.what}, {"value", s.value}, {"interval", Json::array({s.low, s.high})},
                             {"texts", static_cast<int64_t>(texts)}, {"seconds", seconds}}));
  }

  Inquiry asked_;
  std::string model_, task_, out_, lines_;
  WeightType weights_ = WeightType::automatic;
  std::vector<std::string> texts_;
  Json rows_ = Json::array();
  int64_t seed_ = 1337, threads_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_ask_command() { return std::make_unique<AskCommand>(); }

}  // namespace grim
