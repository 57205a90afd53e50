#include <algorithm>
#include <cmath>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/command/applicable.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/learner.h"
#include "grimoire/command/numbers.h"
#include "grimoire/command/predict_texts.h"
#include "grimoire/data/csv_cells.h"
#include "grimoire/device/threads.h"
#include "grimoire/metric/classification.h"
#include "grimoire/metric/regression.h"
#include "grimoire/report/report.h"

namespace grim {
namespace {

class PredictCommand final : public Command {
 public:
  std::string name() const override { return "predict"; }
  std::string summary() const override { return "apply a fitted model to a table, or a fine-tuned one to texts"; }
  std::vector<std::string> examples() const override {
    return {"grimoire predict iris.model --data new.csv", "grimoire predict iris.model --data iris.csv --target species --proba",
            "grimoire predict runs/reviews --text 'I would see it again.'", "grimoire predict runs/reviews --data new.csv --format jsonl",
            "grimoire predict runs/answers --question 'Who sang?' --text 'Ada sang.'",
            "grimoire predict runs/names --text 'Ada Lovelace met Charles Babbage in London.'"};
  }
  std::string note() const override {
    return "A folder reads as its data a table of texts; one that tags words reads CoNLL, CoNLL-U or JSON Lines of words, or a table whose texts stand in\n"
           "--text-column. What it finds stands in the text, as in [Ada Lovelace](PER), or behind each word, as in spoke/VERB; jsonl has the places too.";
  }
  std::vector<Positional> positionals() override { return {{"model", "a file that 'grimoire fit' wrote, or a folder that 'grimoire finetune' made", &model_}}; }
  Options options() override {
    Options all = data_.options();
    all.push_back({.name = "proba", .help = "print the probability of every class", .target = &proba_, .basic = true, .without = {"decision"}});
    all.push_back({.name = "decision", .help = "print decision values, scores or log densities", .target = &decision_});
    all.push_back({.name = "text", .help = "of a folder: a text to answer for; may be given again and again", .target = &texts_.texts, .basic = true});
    all.push_back({.name = "text-column", .help = "of a folder: the column of the texts", .target = &texts_.text_column, .with = "data"});
    all.push_back({.name = "pair-column", .help = "of a folder: the column of the texts beside them", .target = &texts_.pair_column, .with = "data"});
    all.push_back({.name = "question", .help = "of a folder: a question that the text answers; may be given again and again", .target = &texts_.questions,
                   .basic = true, .without = {"data"}});
    all.push_back({.name = "choice", .help = "of a folder: an answer to the question, of which the best is chosen; may be given again and again",
                   .target = &texts_.choices, .with = "question"});
    all.push_back({.name = "best", .help = "of a folder: so many answers to each question", .target = &texts_.best, .low = 1, .high = 1000});
    all.push_back({.name = "null-threshold", .help = "of a folder: 'no answer' is taken where its score is higher by more than this; else as trained",
                   .target = &null_threshold_});
    all.push_back({.name = "format", .help = "of a folder: a line for people, or a JSON object", .target = &format_, .choices = {"inline", "jsonl"}});
    all.push_back({.name = "threads", .help = "threads; 0 takes every core", .target = &threads_, .low = 0, .high = 256});
    return all;
  }

  void set(const Settings& given) override {
    Command::set(given);
    for (const Setting& s : given) {
      if (!s.ambient) given_.push_back(s.name);
      if (s.name == "null-threshold") texts_.null_threshold = null_threshold_;
    }
  }

  int run(Console& console) override {
    const device::ThreadCap cap(threads_);
    if (labels_texts(model_)) return run_on_texts(console);
    refuse_given({"text", "text-column", "pair-column", "question", "choice", "best", "null-threshold", "format"}, "is applied to the rows of a table");
    const State state = State::load(model_);
    const std::unique_ptr<Estimator> learner = Estimator::load(state, model_);
    refuse_useless(*learner);
    if (state.holds("data")) data_.follow(state.value("data"));
    if (!learner->needs_target()) data_.target.clear();  // kept with the model
    const Dataset data = data_.load(console, learner.get());
    const bool classes = learner->is_classifier();
    Json result = Json::object({{"model", state.value("model").as_text()}, {"rows", data.rows()}});
    if (learner->transforms() && !learner->needs_target()) {
      print_matrix(console, result, "transformed", learner->transform(data.x).to_tensor(Dtype::f64), names_of(learner->output_columns()));
    } else if (decision_) {
      const Tensor d = decisions(*learner, data);
      std::vector<std::string> names;
      for (int64_t k = 0; k < d.dim(1); ++k) names.push_back(str("d{}", k));
      print_matrix(console, result, "decision", d, names);
    } else {
      const std::vector<double> y = learner->predict(data.x);
      const Tensor p = proba_ ? learner->predict_proba(data.x) : Tensor();
      print_predictions(console, result, *learner, y, p);
      if (!data.y.empty() && learner->needs_target()) score(console, result, *learner, data, y, p);
    }
    if (classes) result.set("classes", Json::array_of(learner->classes()));
    if (console.json()) console.result(result);
    return 0;
  }

 private:
  int run_on_texts(Console& console) {
    refuse_given({"target", "as", "weight", "category", "drop", "missing", "index-base", "header", "delimiter", "decimal", "decision"}, "reads texts");
    texts_.model = model_, texts_.data = data_.data, texts_.probabilities = proba_, texts_.lines_of_json = format_ == "jsonl";
    if (texts_.data.empty() && texts_.texts.empty() && texts_.questions.empty())
      throw Error(ErrorKind::usage, "--text is missing: a text, or --data FILE of texts", see_help(*this));
    return predict_texts(texts_, console);
  }
  void refuse_given(const std::vector<std::string>& names, const std::string& what) const {
    for (const std::string& name : names)
      if (std::ranges::find(given_, name) != given_.end())
        throw Error(ErrorKind::usage, str("--{} means nothing here: this model {}", name, what), "leave it out");
  }

  // What this model has no use for.
  void refuse_useless(const Estimator& learner) {
    if (!learner.needs_target() && !data_.target.empty()) refuse(*this, "--target is of no use: this model learned without one", "leave it out");
    if (learner.transforms() && !learner.needs_target() && (proba_ || decision_))
      refuse(*this, str("--{} is of no use: this model gives other columns", proba_ ? "proba" : "decision"), "leave it out");
    if (proba_ && !(learner.has_proba() && learner.is_classifier()))
      refuse(*this, "--proba: this model gives no probabilities", learner.is_classifier() ? "fit it with --calibrate sigmoid" : "leave it out");
  }

  Tensor decisions(const Estimator& learner, const Dataset& data) {
    try {
      return learner.decision(data.x);
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::state) throw;
      refuse(*this, "--decision: this model gives no decision values", "leave it out");
    }
  }

  static std::vector<std::string> names_of(const std::vector<ColumnInfo>& columns) {
    std::vector<std::string> names;
    for (const ColumnInfo& c : columns) names.push_back(c.name);
    return names;
  }

  // Ten digits, and more where so many stand before the point that no fraction would be left.
  static std::string digits_of(double v) {
    const double size = std::abs(v);
    const int digits = size >= 1e7 && size < 1e15 ? static_cast<int>(std::log10(size)) + 4 : 10;
    return str(digits <= 10 ? "{:.10g}" : digits <= 14 ? "{:.14g}" : "{:.17g}", v);
  }

  static void print_matrix(Console& console, Json& result, const char* key, const Tensor& m, const std::vector<std::string>& names) {
    std::string text;
    for (size_t k = 0; k < names.size(); ++k) text += (k ? "," : "") + csv_cell(names[k]);
    Json rows = Json::array();
    for (int64_t r = 0; r < m.dim(0); ++r) {
      Json row = Json::array();
      text += "\n";
      for (int64_t k = 0; k < m.dim(1); ++k) {
        const double v = m.data<double>()[r * m.dim(1) + k];
        text += (k ? "," : "") + digits_of(v);
        if (console.json()) row.push(v);
      }
      if (console.json()) rows.push(std::move(row));
    }
    if (console.json())
      result.set(key, std::move(rows));
    else
      console.data(text + "\n");
  }

  void print_predictions(Console& console, Json& result, const Estimator& learner, const std::vector<double>& y, const Tensor& p) const {
    const auto& classes = learner.classes();
    Json predictions = Json::array(), probabilities = Json::array();
    std::string text;
    if (p.defined()) {
      text = "prediction";
      for (const std::string& c : classes) text += "," + csv_cell(c);
      text += "\n";
    }
    for (size_t r = 0; r < y.size(); ++r) {
      const std::string name = classes.empty() ? digits_of(y[r]) : classes[static_cast<size_t>(y[r])];
      text += csv_cell(name);
      if (console.json()) predictions.push(classes.empty() ? Json(y[r]) : Json(name));
      if (p.defined()) {
        const int64_t K = p.dim(1);
        Json row = Json::array();
        for (int64_t k = 0; k < K; ++k) {
          const double v = p.data<double>()[static_cast<int64_t>(r) * K + k];
          text += str(",{:.6f}", v);
          row.push(v);
        }
        if (console.json()) probabilities.push(std::move(row));
      }
      text += "\n";
    }
    if (!console.json()) return console.data(text);
    result.set("predictions", std::move(predictions));
    if (p.defined()) result.set("probabilities", std::move(probabilities));
  }

  static void score(Console& console, Json& result, const Estimator& learner, const Dataset& data, const std::vector<double>& y, const Tensor& p) {
    Json scores = Json::object();
    if (learner.is_classifier()) {
      scores.set("accuracy", accuracy(data.y, y, data.weight));
      if (learner.has_proba()) scores.set("log_loss", log_loss(data.y, p.defined() ? p : learner.predict_proba(data.x), data.weight));
    } else {
      const RegressionScores s = regression_scores(data.y, y, data.weight);
      scores.set("r2", s.r2);
      scores.set("rmse", s.rmse);
      scores.set("mae", s.mae);
    }
    std::string line;
    for (size_t i = 0; i < scores.size(); ++i) {
      const double v = scores[i].as_real();
      line += str("{}{} {}", i ? ", " : "", scores.keys()[i], report::number(v, score_format(scores.keys()[i], v)).shown);
    }
    console.say(str("against the known answers: {}", line));
    result.set("scores", std::move(scores));
  }

  DataFlags data_;
  TextsToLabel texts_;
  std::vector<std::string> given_;
  std::string model_, format_ = "inline";
  bool proba_ = false, decision_ = false;
  double null_threshold_ = 0;
  int64_t threads_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_predict_command() { return std::make_unique<PredictCommand>(); }

}  // namespace grim
