#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include "grimoire/base/error.h"
#include "grimoire/base/files.h"
#include "grimoire/classic/importance.h"
#include "grimoire/classic/plots.h"
#include "grimoire/classic/validate.h"
#include "grimoire/command/commands.h"
#include "grimoire/command/learner.h"
#include "grimoire/device/threads.h"
#include "grimoire/metric/classification.h"
#include "grimoire/report/escape.h"

namespace grim {
namespace {

class ValidateCommand final : public Command {
 public:
  std::string name() const override { return "validate"; }
  std::string summary() const override { return "say how a learner does on rows it has not seen: cross-validation, search, curves"; }
  std::vector<std::string> examples() const override {
    return {"grimoire validate --model forest --data iris.csv --target species --folds 5",
            "grimoire validate --model svc --data heart.libsvm --grid C=0.1,1,10 --grid gamma=0.01,0.1",
            "grimoire validate --model naive-bayes --data digits.csv --target digit --curve",
            "grimoire validate --model ridge --data houses.csv --target price --vary alpha=0.01,1,100"};
  }
  Options options() override {
    Options all = data_.options(), learner = learner_.options();
    all.insert(all.end(), learner.begin(), learner.end());
    const Options own = {
        {.name = "folds",
         .help = "parts of the rows, each held back once; 0: every row alone (leave one out)",
         .target = &folds_,
         .low = 0,
         .basic = true},
        {.name = "shuffle", .help = "permute the rows before they are dealt out", .target = &shuffle_},
        {.name = "seed", .help = "of the permutation", .target = &seed_, .low = 0},
        {.name = "group", .help = "column whose equal values stay on one side", .target = &group_},
        {.name = "grid",
         .help = "a parameter and values to try, NAME=V,V,...; judged by nested cross-validation",
         .target = &grid_,
         .basic = true},
        {.name = "curve", .help = "learning curve: scores against the number of rows, with a verdict", .target = &curve_, .basic = true},
        {.name = "importance",
         .help = "permutation importance: how the score falls when a column is shuffled",
         .target = &importance_,
         .basic = true},
        {.name = "report",
         .help = "also write a page with pictures: ROC, precision and recall, reliability, curves, borders",
         .target = &report_,
         .basic = true},
        {.name = "boundary", .help = "two columns X,Y for the picture of the border [the two most important]", .target = &boundary_},
        {.name = "vary", .help = "validation curve: a parameter and its values in order, NAME=V,V,...", .target = &vary_, .basic = true},
    };
    all.insert(all.end(), own.begin(), own.end());
    return all;
  }

  int run(Console& console) override {
    data_.suit(*learner_.judged("validate"));  // a wrong name or parameter is said before a large file is read
    check_output("report", report_, data_.data);
    const device::ThreadCap cap(learner_.threads);
    Dataset data = load(console);
    if (data.y.empty())
      throw Error(ErrorKind::usage, "--target is missing: the column to predict", "see the file's first line for its columns");
    const std::unique_ptr<Estimator> learner = learner_.build(data, console);
    learner_.weigh_classes(data);
    const std::vector<Fold> folds = make_folds(data);
    const FitProgress progress = [&](int64_t done, int64_t all) {
      console.live(str("fit {} of {}", done + 1, all));
      return !console.stop_requested();
    };
    console.say(str("{}: {}; {}", learner_.model, shape_in_words(data), how_dealt(folds)));
    Json result =
        Json::object({{"model", learner_.model}, {"rows", data.rows()}, {"columns", data.x.width()}, {"protocol", how_dealt(folds)}});
    if (curve_)
      show_learning_curve(console, result, *learner, data, folds, progress);
    else if (!vary_.empty())
      show_validation_curve(console, result, *learner, data, folds, progress);
    else if (!grid_.empty())
      show_search(console, result, *learner, data, folds, progress);
    else
      show_scores(console, result, *learner, data, folds, progress);
    if (!report_.empty()) {
      write_atomically(report_, page(data));
      console.say(str("page: {}", report_));
      result.set("report", report_);
    }
    if (console.json()) console.result(result);
    return 0;
  }

 private:
  Dataset load(Console& console) {
    if (group_.empty()) return data_.load(console);
    CsvOptions csv = data_.dataset_options().csv;
    for (const std::string& name : {group_, data_.target}) csv.names.push_back(name);
    const Table table = read_csv(data_.data, csv);
    for (const std::string& note : table.all_notes()) console.say("note: " + note);
    const Column& group = table.column(group_);
    std::map<std::string, double> places;
    for (size_t r = 0; r < group.values.size(); ++r) {
      if (std::isnan(group.values[r]))
        throw Error(ErrorKind::input, str("{}: row {}, column '{}': the group is missing", data_.data, r + 1, group_));
      groups_.push_back(group.written.empty() ? group.values[r]
                                              : places.try_emplace(group.name_at(r), static_cast<double>(places.size())).first->second);
    }
    DatasetOptions options = data_.dataset_options();
    options.drop.push_back(group.name);
    return dataset_of(table, options);
  }

  std::vector<Fold> make_folds(const Dataset& data) const {
    if (!groups_.empty()) return grouped_folds(groups_, folds_);
    if (folds_ == 0) return leave_one_out(data.rows());
    return shuffle_ ? shuffled(data, folds_, static_cast<uint64_t>(seed_)) : folds_for(data, folds_);
  }
  std::string how_dealt(const std::vector<Fold>& folds) const {
    if (!groups_.empty()) return str("{} folds by {}", folds.size(), group_);
    if (folds_ == 0) return "leave one out";
    return str("{} folds, {}", folds.size(), shuffle_ ? str("shuffled with seed {}", seed_) : "in file order");
  }

  void show_scores(Console& console, Json& result, const Estimator& learner, const Dataset& data, const std::vector<Fold>& folds,
                   const FitProgress& progress) {
    const FoldScores scores = cross_validate(learner, data, folds, progress);
    show_folds(console, result, scores, data);
    if (!scores.probability.empty() &&
        std::none_of(scores.probability.begin(), scores.probability.end(), [](double p) { return std::isnan(p); }))
      for (const Chart& c : {roc_chart(data, scores), precision_recall_chart(data, scores), reliability_chart(data, scores)})
        pictures_ += svg_chart(c);
    std::vector<Importance> ranking;
    if (importance_ || (!report_.empty() && data.classifies() && boundary_.empty()))
      ranking = permutation_importance(learner, data, folds, 3, static_cast<uint64_t>(seed_), progress);
    if (importance_) show_importance(console, result, ranking);
    if (!report_.empty() && data.classifies()) draw_border(learner, data, ranking);
  }

  void show_importance(Console& console, Json& result, const std::vector<Importance>& ranking) {
    std::string table = "\nfall of the score on rows held back when a column is shuffled\n";
    Json rows = Json::array();
    for (const Importance& i : ranking) {
      if (rows.size() < 20) table += str("{:>10.4f} +- {:.4f}  {}\n", i.mean, i.std, i.column);
      rows.push(Json::object({{"column", i.column}, {"mean", i.mean}, {"std", i.std}}));
    }
    console.data(table);
    words_ += table;
    result.set("importance", std::move(rows));
  }

  // On the two columns asked for, or the two most important ones that are numbers.
  void draw_border(const Estimator& learner, const Dataset& data, const std::vector<Importance>& ranking) {
    std::vector<std::string> wanted;
    if (!boundary_.empty()) {
      const size_t comma = boundary_.find(',');
      if (comma == std::string::npos) throw Error(ErrorKind::usage, str("--boundary: got '{}', expected two columns X,Y", boundary_));
      wanted = {boundary_.substr(0, comma), boundary_.substr(comma + 1)};
    }
    for (const Importance& i : ranking) wanted.push_back(i.column);
    std::vector<int64_t> columns;
    for (const std::string& name : wanted)
      for (int64_t c = 0; c < data.x.width(); ++c)
        if (data.x.columns()[c].name == name && data.x.columns()[c].kind == ColumnKind::number && columns.size() < 2) columns.push_back(c);
    if (columns.size() == 2 && !data.x.has_missing()) pictures_ += decision_boundary_svg(learner, data, columns[0], columns[1]);
  }

  std::string page(const Dataset& data) const {
    return str(
        "<!doctype html><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{0}"
        "</title><style>:root{{color-scheme:light dark}}"
        "@media(prefers-color-scheme:dark){{:root{{--s0:#5aa9e6;--s1:#e08a55;--s2:#5fb37c;--s3:#b18ad6;--s4:#c9a93f;--s5:#9aa8b5}}}}"
        "body{{margin:2rem auto;max-width:60rem;padding:0 1rem;font:15px/1.5 system-ui,sans-serif}}pre{{overflow-x:auto}}"
        "svg{{vertical-align:top;max-width:100%}}</style><h1>{0}</h1><p>{1}</p>\n{2}<pre>{3}</pre>\n",
        escape_html(learner_.model), escape_html(data_.data + ": " + shape_in_words(data)), pictures_, escape_html(words_));
  }

  // "log loss" as log_loss, "AUC" as auc: the keys that predict's scores have.
  static std::string key_of(const std::string& metric) {
    std::string key;
    for (char c : metric) key += c == ' ' ? '_' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return key;
  }

  static std::string score_cell(double v) { return std::isnan(v) ? std::string(9, ' ') + "-" : str("{:>10.4f}", v); }

  void show_folds(Console& console, Json& result, const FoldScores& s, const Dataset& data) {
    for (const std::string& w : s.warnings) console.say("warning: " + w);
    for (size_t m = 0; m < s.metrics.size(); ++m)
      if (std::any_of(s.test.begin(), s.test.end(), [&](const std::vector<double>& f) { return std::isnan(f[m]); }))
        console.say(str("note: {} does not exist where a fold's held-back rows are of one class alone", s.metrics[m]));
    std::string table = str("{:>6}  {:>10}", "fold", "train");
    for (const std::string& m : s.metrics) table += str("  {:>10}", m);
    table += "\n";
    Json folds = Json::array();
    for (size_t f = 0; f < s.test.size(); ++f) {
      Json fold = Json::object({{"train", s.train_score[f]}});
      std::string line = str("{:>6}  {:>10.4f}", f + 1, s.train_score[f]);
      for (size_t m = 0; m < s.metrics.size(); ++m) {
        line += "  " + score_cell(s.test[f][m]);
        fold.set(key_of(s.metrics[m]), s.test[f][m]);
      }
      if (s.test.size() <= 20) table += line + "\n";
      folds.push(std::move(fold));
    }
    table += str("{:>6}  {:>10}", "mean", "");
    for (size_t m = 0; m < s.metrics.size(); ++m) {
      table += "  " + score_cell(s.mean(m));
      result.set(key_of(s.metrics[m]), s.mean(m));
    }
    table += str("\n{:>6}  {:>10}", "+-", "");
    for (size_t m = 0; m < s.metrics.size(); ++m) table += "  " + score_cell(s.std(m));
    table += "\n";
    if (data.classifies() && data.classes.size() <= 12) table += confusion_table(s, data);
    console.data(table);
    words_ += table;
    result.set("score", key_of(s.metrics[0]));
    result.set("mean", s.mean());
    result.set("std", s.std());
    result.set("folds", std::move(folds));
    result.set("warnings", Json::array_of(s.warnings));
  }

  // Rows are what is, columns what was predicted while the row was held back.
  static std::string confusion_table(const FoldScores& s, const Dataset& data) {
    const int64_t K = data.class_count();
    const std::vector<double> m = confusion_matrix(data.y, s.predicted, K, data.weight);
    size_t width = 6;
    for (const std::string& c : data.classes) width = std::max(width, std::min<size_t>(c.size(), 14));
    const auto cell = [&](const std::string& text) {
      return "  " + std::string(width > text.size() ? width - text.size() : 0, ' ') + text.substr(0, width);
    };
    std::string table = "\npredicted:" + std::string(width > 8 ? width - 8 : 0, ' ');
    for (const std::string& c : data.classes) table += cell(c);
    table += "\n";
    for (int64_t i = 0; i < K; ++i) {
      std::string line = cell(data.classes[i]).substr(2);
      table += line + std::string(line.size() < 10 ? 10 - line.size() : 0, ' ');
      for (int64_t j = 0; j < K; ++j) table += cell(str("{:.6g}", m[i * K + j]));
      table += "\n";
    }
    return table;
  }

  void show_search(Console& console, Json& result, const Estimator& learner, const Dataset& data, const std::vector<Fold>& folds,
                   const FitProgress& progress) {
    const Grid grid = Grid::parse(grid_);
    const GridSearch search = grid_search(learner, data, grid, folds, progress);
    std::string table = str("{:>10}  {:>8}  parameters\n", "score", "+-");
    Json points = Json::array();
    for (size_t i = 0; i < search.points.size(); ++i) {
      const GridPoint& p = search.points[i];
      std::string params;
      for (const std::string& a : p.params) params += (params.empty() ? "" : " ") + a;
      table += str("{:>10.4f}  {:>8.4f}  {}{}\n", p.mean, p.std, params, i == search.best ? "   <- best" : "");
      points.push(Json::object({{"params", Json::array_of(p.params)}, {"mean", p.mean}, {"std", p.std}}));
    }
    console.data(table);
    const FoldScores honest = nested_validation(learner, data, grid, folds, std::max<int64_t>(2, std::min<int64_t>(folds_, 5)), progress);
    console.data(str("the best of a search looks better than it is; searched anew inside every fold: {} {:.4f} +- {:.4f}\n",
                     honest.metrics[0], honest.mean(), honest.std()));
    result.set("grid", std::move(points));
    result.set("best", Json::array_of(search.points[search.best].params));
    result.set("best_mean", search.points[search.best].mean);
    result.set("mean", honest.mean());
    result.set("std", honest.std());
    result.set("score", key_of(honest.metrics[0]));
  }

  void show_curve(Console& console, Json& result, const std::vector<CurveRow>& curve, const CurveVerdict& verdict,
                  const std::string& head) {
    std::string table = str("{:>10}  {:>8}  {:>8}  {:>7}\n", head, "train", "held", "+-");
    Json rows = Json::array();
    for (const CurveRow& c : curve) {
      // train is drawn as 'o', held back as '*', on a line from 0 to 1
      std::string line(37, '.');
      const auto place = [](double v) { return static_cast<size_t>(std::lround(std::clamp(v, 0.0, 1.0) * 36)); };
      line[place(c.train)] = 'o';
      line[place(c.test)] = '*';
      table += str("{:>10}  {:>8.4f}  {:>8.4f}  {:>7.4f}  {}\n", c.label, c.train, c.test, c.test_std, line);
      rows.push(Json::object({{"value", c.label}, {"train", c.train}, {"test", c.test}, {"test_std", c.test_std}}));
    }
    table += str("{:>41}0{:>36}\n{:>41}o train, * held back\n{}\n", "", "1", "", verdict.text);
    console.data(table);
    pictures_ += svg_chart(curve_chart(curve, head == "rows" ? "learning curve" : "validation curve", head));
    words_ += table;
    result.set("curve", std::move(rows));
    result.set("verdict", verdict.kind);
    result.set("verdict_text", verdict.text);
  }

  void show_learning_curve(Console& console, Json& result, const Estimator& learner, const Dataset& data, const std::vector<Fold>& folds,
                           const FitProgress& progress) {
    const auto curve = learning_curve(learner, data, folds, {0.1, 0.25, 0.5, 0.75, 1.0}, RowOrder::shuffled, progress);
    show_curve(console, result, curve, judge_learning_curve(curve, data.classifies()), "rows");
  }
  void show_validation_curve(Console& console, Json& result, const Estimator& learner, const Dataset& data, const std::vector<Fold>& folds,
                             const FitProgress& progress) {
    const Grid grid = Grid::parse({vary_});
    const auto curve = validation_curve(learner, data, folds, grid.axes[0].first, grid.axes[0].second, progress);
    show_curve(console, result, curve, judge_validation_curve(curve, grid.axes[0].first), grid.axes[0].first);
  }

  DataFlags data_;
  LearnerFlags learner_;
  int64_t folds_ = 5, seed_ = 0;
  bool shuffle_ = false, curve_ = false, importance_ = false;
  std::string group_, vary_, report_, boundary_;
  std::string pictures_, words_;  // of the page
  std::vector<std::string> grid_;
  std::vector<double> groups_;
};

}  // namespace

std::unique_ptr<Command> make_validate_command() { return std::make_unique<ValidateCommand>(); }

}  // namespace grim
