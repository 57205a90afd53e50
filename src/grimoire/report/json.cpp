#include <algorithm>

#include "grimoire/report/report.h"

namespace grim::report {
namespace {

Json to_json(const Chart& c) {
  Json series = Json::array();
  for (const Series& s : c.series) series.push(Json::object({{"name", s.name}, {"points", s.points}, {"x", Json::array_of(s.x)}, {"y", Json::array_of(s.y)}}));
  Json chart = Json::object({{"kind", "chart"}, {"title", c.title}, {"x", c.x_label}, {"y", c.y_label}, {"x_log", c.x_scale == Scale::log},
                             {"y_log", c.y_scale == Scale::log}, {"series", series}});
  Json levels = Json::array();
  for (const Level& l : c.levels) levels.push(Json::object({{"name", l.name}, {"y", l.y}}));
  if (!c.levels.empty()) chart.set("levels", std::move(levels));
  if (const auto& f = c.field)
    chart.set("field", Json::object({{"left", f->left}, {"right", f->right}, {"bottom", f->bottom}, {"top", f->top}, {"columns", f->columns},
                                     {"rows", f->rows}, {"series", Json::array_of(f->series)}}));
  return chart;
}

const char* name_of(Tone tone) {
  constexpr const char* kNames[] = {"plain", "faint", "good", "warning"};
  return kNames[static_cast<int>(tone)];
}

struct JsonWriter {
  Json operator()(const Heading& h) const { return Json::object({{"kind", "heading"}, {"text", h.text}}); }
  Json operator()(const Prose& p) const { return Json::object({{"kind", "prose"}, {"markdown", p.text}}); }
  Json operator()(const Remark& r) const { return Json::object({{"kind", "remark"}, {"text", r.text}, {"tone", name_of(r.tone)}}); }
  Json operator()(const Pieces& p) const { return Json::object({{"kind", "pieces"}, {"texts", Json::array_of(p.texts)}}); }
  Json operator()(const Samples& s) const { return Json::object({{"kind", "samples"}, {"texts", Json::array_of(s.texts)}}); }
  Json operator()(const Steps& s) const { return Json::object({{"kind", "steps"}, {"title", s.title}, {"lines", Json::array_of(s.lines)}}); }
  Json operator()(const Figure& f) const { return Json::object({{"kind", "figure"}, {"name", f.name}, {"value", report::to_json(f.value)}}); }
  Json operator()(const Figures& all) const { return list_of("figures", all.items); }
  Json operator()(const Facts& facts) const { return list_of("facts", facts.items); }
  static Json list_of(const char* kind, const std::vector<Figure>& all) {
    Json items = Json::array();
    for (const Figure& f : all) items.push(Json::object({{"name", f.name}, {"value", report::to_json(f.value)}}));
    return Json::object({{"kind", kind}, {"items", items}});
  }
  Json operator()(const Table& t) const {
    Json rows = Json::array();
    for (const auto& row : t.rows) {
      Json cells = Json::array();
      for (const Value& v : row) cells.push(report::to_json(v));
      rows.push(cells);
    }
    Json table = Json::object({{"kind", "table"}, {"columns", Json::array_of(t.columns)}, {"rows", rows}});
    if (!t.title.empty()) table.set("title", t.title);
    return table;
  }
  Json operator()(const Bars& b) const {
    return Json::object({{"kind", "bars"}, {"title", b.title}, {"labels", Json::array_of(b.labels)}, {"values", Json::array_of(b.values)}});
  }
  Json operator()(const Chart& c) const { return to_json(c); }
  Json operator()(const HeatMap& m) const {
    Json rows = Json::array();
    for (const auto& row : m.values) rows.push(Json::array_of(row));
    return Json::object({{"kind", "heat_map"}, {"title", m.title}, {"rows", Json::array_of(m.rows)}, {"columns", Json::array_of(m.columns)}, {"values", rows}});
  }
  Json operator()(const Graph& g) const {
    Json nodes = Json::array(), edges = Json::array();
    for (const Node& n : g.nodes) nodes.push(Json::object({{"id", n.id}, {"group", n.group}}));
    for (const auto& [from, to] : g.edges) edges.push(Json::array({from, to}));
    return Json::object({{"kind", "graph"}, {"nodes", nodes}, {"edges", edges}});
  }
  Json operator()(const Commands& c) const { return Json::object({{"kind", "commands"}, {"lines", Json::array_of(c.lines)}}); }
  Json operator()(const Links& l) const {
    Json items = Json::array();
    for (const Link& link : l.items) items.push(Json::object({{"to", link.to}, {"why", link.why}}));
    return Json::object({{"kind", "links"}, {"items", items}});
  }
};

}  // namespace

Json to_json(const Report& report) {
  Json blocks = Json::array(), figures = Json::object();
  const auto name = [&](const Figure& f) { figures.set(f.name, to_json(f.value)); };
  for (const Block& b : report.blocks) {
    blocks.push(std::visit(JsonWriter(), b));
    if (const auto* f = std::get_if<Figure>(&b)) name(*f);
    if (const auto* all = std::get_if<Figures>(&b)) std::ranges::for_each(all->items, name);
    if (const auto* facts = std::get_if<Facts>(&b)) std::ranges::for_each(facts->items, name);
  }
  return Json::object({{"title", report.title}, {"figures", figures}, {"blocks", blocks}});
}

}  // namespace grim::report
