#include "grimoire/command/vectors_pages.h"

#include "grimoire/base/error.h"
#include "grimoire/stats/correlation.h"

namespace grim {
namespace {

using report::counted, report::number;

report::Number percent(double share) { return number(100 * share, "{:.2f} %"); }
double share(int64_t part, int64_t of) { return of > 0 ? static_cast<double>(part) / static_cast<double>(of) : 0; }

Json score_json(const vectors::LabelScore& s) {
  return Json::object({{"label", s.label}, {"precision", s.precision()}, {"recall", s.recall()}, {"f1", s.f1()}, {"right", s.right}, {"predicted", s.predicted},
                       {"standing", s.standing}});
}

}  // namespace

report::Report neighbours_page(const std::string& title, const vectors::WordVectors& v, const std::vector<vectors::Neighbour>& found) {
  report::Table table{.columns = {"word", "cosine"}, .rows = {}};
  for (const vectors::Neighbour& n : found) table.rows.push_back({v.words()[static_cast<size_t>(n.word)], number(n.similarity, "{:.6f}")});
  return {title, {std::move(table)}};
}

Json neighbours_json(const vectors::WordVectors& v, const std::vector<vectors::Neighbour>& found) {
  Json all = Json::array();
  for (const vectors::Neighbour& n : found) all.push(Json::object({{"word", v.words()[static_cast<size_t>(n.word)]}, {"cosine", n.similarity}}));
  return Json::object({{"neighbours", all}});
}

report::Report analogies_page(const std::vector<vectors::AnalogyScore>& sections) {
  report::Table table{.columns = {"section", "right", "asked", "share", "left out"}, .rows = {}};
  vectors::AnalogyScore all{.section = "all"};
  for (const vectors::AnalogyScore& s : sections) {
    table.rows.push_back({s.section, counted(s.right), counted(s.asked), percent(share(s.right, s.asked)), counted(s.left_out)});
    all.right += s.right;
    all.asked += s.asked;
    all.left_out += s.left_out;
  }
  table.rows.push_back({all.section, counted(all.right), counted(all.asked), percent(share(all.right, all.asked)), counted(all.left_out)});
  return {"", {std::move(table), report::Remark{"left out: questions with a word that has no vector", report::Tone::faint}}};
}

Json analogies_json(const std::vector<vectors::AnalogyScore>& sections) {
  Json all = Json::array();
  for (const vectors::AnalogyScore& s : sections)
    all.push(Json::object({{"section", s.section}, {"right", s.right}, {"asked", s.asked}, {"left_out", s.left_out}}));
  return Json::object({{"sections", all}});
}

report::Report scores_page(const vectors::LabelScores& scores, bool each) {
  report::Report page{"", {report::Facts{{{"lines", counted(scores.lines)},
                                          {"precision", percent(scores.all.precision())},
                                          {"recall", percent(scores.all.recall())},
                                          {"f1", percent(scores.all.f1())}}}}};
  if (scores.left_out > 0)
    page.blocks.push_back(
        report::Remark{str("{} lines left out: no label, or no word, that the model knows", with_commas(scores.left_out)), report::Tone::plain});
  if (!each) return page;
  report::Table table{.columns = {"label", "precision", "recall", "f1", "lines"}, .rows = {}};
  for (const vectors::LabelScore& s : scores.each)
    table.rows.push_back({s.label, percent(s.precision()), percent(s.recall()), percent(s.f1()), counted(s.standing)});
  page.blocks.push_back(std::move(table));
  return page;
}

Json scores_json(const vectors::LabelScores& scores) {
  Json each = Json::array();
  for (const vectors::LabelScore& s : scores.each) each.push(score_json(s));
  return Json::object({{"lines", scores.lines}, {"left_out", scores.left_out}, {"all", score_json(scores.all)}, {"labels", each}});
}

report::Report file_page(const std::string& path, const vectors::WordVectors& v) {
  report::Facts facts{{{"words", counted(v.size())}, {"numbers a vector", counted(v.dim())}}};
  if (const vectors::SubwordModel* const m = v.model()) {
    const vectors::TrainingSettings& s = m->settings();
    constexpr const char *kKinds[] = {"", "cbow", "skip-gram", "supervised"},
                         *kLosses[] = {"", "hierarchical softmax", "negative sampling", "softmax", "one against all"};
    facts.items.push_back({"kind", std::string(kKinds[static_cast<int>(s.kind)])});
    facts.items.push_back({"loss", std::string(kLosses[static_cast<int>(s.loss)])});
    if (m->classifies()) facts.items.push_back({"labels", counted(m->dictionary().labels())});
    facts.items.push_back({"words of the text", counted(m->dictionary().tokens())});
    if (s.max_n > 0) facts.items.push_back({"letters of an n-gram", str("{} to {}", s.min_n, s.max_n)});
    if (m->classifies()) facts.items.push_back({"words of an n-gram, at most", counted(s.word_ngrams)});
    if (s.has_ngrams()) facts.items.push_back({"rows for n-grams", counted(m->dictionary().ngram_rows())});
    facts.items.push_back(
        {"input table", str("{}, {:.2f} MiB", m->input().is_quantised() ? "quantised" : "f32", static_cast<double>(m->input().bytes()) / (1 << 20))});
    facts.items.push_back(
        {"output table", str("{}, {:.2f} MiB", m->output().is_quantised() ? "quantised" : "f32", static_cast<double>(m->output().bytes()) / (1 << 20))});
  }
  return {path, {std::move(facts)}};
}

Json file_json(const vectors::WordVectors& v) {
  Json all = Json::object({{"words", v.size()}, {"dim", v.dim()}});
  if (const vectors::SubwordModel* const m = v.model()) {
    all.set("labels", m->dictionary().labels());
    all.set("tokens", m->dictionary().tokens());
    all.set("input_quantised", m->input().is_quantised());
    all.set("output_quantised", m->output().is_quantised());
  }
  return all;
}

void show_pairs(Console& console, const vectors::PairScores& scores, const std::string& path) {
  GRIM_CHECK(scores.people.size() >= 3, input, "vectors", "{}: {} pairs have a vector for both words, expected 3 or more", path, scores.people.size());
  const double spearman = stats::pearson(stats::ranks_of(scores.people).rank, stats::ranks_of(scores.cosine).rank),
               pearson = stats::pearson(scores.people, scores.cosine);
  const auto pairs = static_cast<int64_t>(scores.people.size());
  show(console,
       report::Report{path,
                      {report::Facts{{{"pairs", counted(pairs)},
                                      {"left out", counted(scores.left_out)},
                                      {"Spearman's rho", number(spearman, "{:.4f}")},
                                      {"Pearson's r", number(pearson, "{:.4f}")}}}}},
       Json::object({{"pairs", pairs}, {"left_out", scores.left_out}, {"spearman", spearman}, {"pearson", pearson}}));
}

std::string labels_line(const vectors::SubwordModel& model, const std::vector<vectors::LabelProbability>& found) {
  std::string line;
  for (const vectors::LabelProbability& p : found) line += str("{}{} {:.6g}", line.empty() ? "" : " ", model.dictionary().label(p.label), p.probability);
  return line + "\n";
}

}  // namespace grim
