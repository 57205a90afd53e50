// Complexity: what can be computed in reasonable time, and what can at least be checked.
#include <algorithm>
#include <cmath>

#include "grimoire/base/rng.h"
#include "grimoire/base/str.h"
#include "grimoire/learn/concepts/families.h"
#include "grimoire/theory/satisfiability.h"

namespace grim::learn {
namespace {

std::vector<int64_t> whole_numbers(const Inputs& in, std::string_view name, size_t most) {
  std::vector<int64_t> whole;
  for (double v : in.numbers(name, -1e6, 1e6, 1, most)) {
    if (v != std::floor(v)) in.refuse(name, "whole numbers");
    whole.push_back(static_cast<int64_t>(v));
  }
  return whole;
}

// The first subset, as a mask, that has this sum; 0 for none: the empty one does not count.
uint32_t subset_with_sum(const std::vector<int64_t>& numbers, int64_t sum, int64_t& tried) {
  for (uint32_t mask = 1; mask < 1u << numbers.size(); ++mask) {
    int64_t s = 0;
    for (size_t i = 0; i < numbers.size(); ++i) s += mask >> i & 1 ? numbers[i] : 0;
    tried = mask;
    if (s == sum) return mask;
  }
  return 0;
}

std::string joined(const std::vector<int64_t>& x, const char* between) {
  std::string text;
  for (size_t i = 0; i < x.size(); ++i) text += str("{}{}", i ? between : "", x[i]);
  return text;
}

const Concept kConcepts[] = {
    {.id = "p",
     .title = "P: problems with fast answers",
     .names = "class P\npolynomial time",
     .what = "The yes-or-no problems that a computer can settle in a number of steps that grows no faster than some power of the input's size. "
             "Trying all subsets takes more.",
     .picture = "One more guest means one more plate (fine), or twice as many guest lists to choose from (hopeless). It breaks for powers like n^20, in P "
                "and hopeless all the same.",
     .formula = "steps <= c n^k for some fixed c and k",
     .symbols = "n: size of the input\nk: fixed, however large n is",
     .inputs = "n = 1000: things to sort\nspeed = 1e9: steps a second",
     .compute =
         [](const Inputs& in, Worked& out) {
           const int64_t n = in.integer("n", 2, 200000);
           const double size = static_cast<double>(n), speed = in.number("speed", 1, 1e30);
           Rng rng(RngMode::philox, 0, "sort");
           std::vector<int64_t> cards = rng.permutation(n);
           int64_t compared = 0;
           std::ranges::stable_sort(cards, [&compared](int64_t a, int64_t b) { return ++compared, a < b; });
           const double log_years = size * std::log10(2.0) - std::log10(speed * 31557600);
           out.step(str("n log2 n = {} x {:.6g}", n, std::log2(size)));
           out.step(str("a merge sort of {} shuffled numbers just took {} comparisons", n, compared));
           out.step(str("trying all 2^{} subsets: 10^{:.1f} years at this speed", n, log_years));
           out.answer("steps to sort, n log2 n", size * std::log2(size));
           out.answer("all subsets are done in", log_years > 10.14 ? std::string("never") : str("{:.3g} years", std::pow(10, log_years)));
           out.answer("things whose subsets are done in a year, at most", std::floor(std::log2(speed * 31557600)));
         },
     .turn = "n = 60: all subsets take 37 years. One thing more: 73.",
     .commands = "grimoire experiment p-versus-np",
     .mistake = "People say that P means fast; in fact it means polynomial. n^20 is in P and useless, and some exponential methods are quick on the "
                "cases that occur.",
     .see = "decision-problem: what is classified\nnp: answers that can be checked\nverify: the difference in numbers",
     .sources = "Cobham 1965, The Intrinsic Computational Difficulty of Functions\nSipser 2013, Introduction to the Theory of Computation, section 7.2",
     .ask = "An algorithm takes n^2 steps. What does ten times the input cost? | A hundred times the steps.",
     .more = "P is a class of problems, not of programs: a problem is in P if some program solves it in polynomial time. Strictly it holds decision "
             "problems, so sorting enters as \"is this list sorted?\" or with its answer asked bit by bit. The class does not depend much on the "
             "machine, which is why it was chosen as a model of the feasible. \"Never\" here is longer than the universe has lasted, 1.38e10 years."},
    {.id = "np",
     .title = "NP: problems with checkable answers",
     .names = "class NP\nP vs NP\nnondeterministic",
     .what = "The yes-or-no problems for which every yes has a proof that is short and quick to check, however hard it may be to find.",
     .picture = "A jigsaw: a glance tells that it is done, doing it takes all evening. It breaks in one point: a \"no, it cannot be done\" need not have "
                "a proof to glance at.",
     .formula = "yes <=> some certificate c of polynomial length with check(x, c) = true",
     .symbols = "x: the question, here: do some of these numbers sum to s?\nc: the certificate, here such a choice",
     .inputs = "x = 3,34,4,12,5,2: whole numbers\ns = 9: sum wanted",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<int64_t> x = whole_numbers(in, "x", 18);
           const int64_t s = in.integer("s", -1000000, 1000000);
           int64_t tried = 0;
           const uint32_t mask = subset_with_sum(x, s, tried);
           std::vector<int64_t> chosen;
           for (size_t i = 0; i < x.size(); ++i)
             if (mask >> i & 1) chosen.push_back(x[i]);
           out.step(str("{} numbers, 2^{} = {} subsets", x.size(), x.size(), 1 << x.size()));
           out.step(str("finding: {} subsets tried", tried));
           if (mask) out.step(str("checking: {} = {}, one sum", joined(chosen, " + "), s));
           out.answer("certificate", mask ? joined(chosen, "+") : "none");
           out.answer("subsets with that sum", static_cast<double>(count_subset_sums(x, s)));
         },
     .turn = "s = 1: no subset will do. Here one sees it, as all numbers exceed 1; in general no short proof of a no is known.",
     .commands = "grimoire experiment p-versus-np",
     .code = "src/grimoire/theory/satisfiability.cpp: count_subset_sums",
     .mistake = "People say that NP means hard, or \"not polynomial\"; in fact it stands for nondeterministic polynomial, and every easy problem of P is "
                "in it. The hardest ones are called NP-complete.",
     .see = "p: its easy part\nverify: check against search\ndecision-problem: satisfiability, NP-complete",
     .sources = "Cook 1971, The Complexity of Theorem-Proving Procedures\nKarp 1972, Reducibility among Combinatorial Problems\n"
                "Garey and Johnson 1979, Computers and Intractability",
     .ask = "Is every problem of P also in NP? | Yes: solving it is a way to check it.",
     .more = "Whether P = NP is open, with a prize of a million dollars on it since 2000; most who work on it believe that they differ. A problem is "
             "NP-complete if every problem of NP can be turned into it in polynomial time; satisfiability was the first (Cook 1971; Levin 1973 "
             "independently), and a polynomial method for any of them would give one for all. Learning meets them early: the smallest decision tree for "
             "a table is NP-hard to find, so trees are grown greedily."},
    {.id = "decision-problem",
     .title = "Decision problem",
     .names = "yes/no problem",
     .what = "A question about an input that is answered by yes or no. Theory sorts problems in this form because all of them can then be compared.",
     .picture = "A bouncer's question is not \"who may come in?\" but \"may this one?\". Asked for each in turn, it settles the other one too.",
     .formula = "is x in L?   here: can these clauses all be true?",
     .symbols = "x: the input, a list of clauses\nL: the inputs with answer yes\nclause: at least one of its literals holds; -2 is \"not 2\"",
     .inputs = "clauses = 1,2,3;1,2,-3;1,-2,3;1,-2,-3;-1,2,3;-1,2,-3;-1,-2,3;-1,-2,-3: clauses between semicolons",
     .compute =
         [](const Inputs& in, Worked& out) {
           Cnf cnf;
           for (const auto& row : in.matrix("clauses")) {
             cnf.clauses.emplace_back();
             for (double v : row) {
               if (v != std::floor(v) || v == 0 || std::abs(v) > 20) in.refuse("clauses", "whole numbers from -20 to 20, not 0");
               cnf.clauses.back().push_back(static_cast<int>(v));
               cnf.variables = std::max(cnf.variables, static_cast<int>(std::abs(v)));
             }
           }
           if (cnf.clauses.size() > 200) in.refuse("clauses", "at most 200 clauses");
           const Solved s = solve_dpll(cnf, 1000000);
           out.step(str("{} clauses on {} variables: 2^{} = {} assignments", cnf.clauses.size(), cnf.variables, cnf.variables, 1 << cnf.variables));
           if (cnf.variables <= 14) out.step(str("assignments that satisfy all: {}", try_everything(cnf).models));
           if (s.model) {
             std::string model;
             for (int v = 1; v <= cnf.variables; ++v) model += str(" {}{}", (*s.model)[static_cast<size_t>(v)] ? "" : "-", v);
             out.step(str("for example{}", model));
           }
           out.answer("satisfiable", !s.finished ? "not settled in a million steps" : s.model ? "yes" : "no");
           out.answer("variables set by the search", static_cast<double>(s.steps));
         },
     .turn = "leave out the last clause: the answer is yes, by making all three true.",
     .commands = "grimoire experiment p-versus-np",
     .code = "src/grimoire/theory/satisfiability.cpp: solve_dpll, verify, try_everything",
     .mistake = "People say that finding the best tour is in NP; in fact NP holds questions: is there a tour shorter than 100? Asked again and again it "
                "leads to the best.",
     .see = "np: when a yes can be checked\nverify: the check in numbers\ndeduction: an argument as such a question",
     .sources = "Cook 1971, The Complexity of Theorem-Proving Procedures\nDavis, Logemann and Loveland 1962, A Machine Program for Theorem-Proving\n"
                "Sipser 2013, Introduction to the Theory of Computation, sections 3.1 and 7.3",
     .ask = "Which decision problem goes with finding the largest clique? | Is there a clique of at least k members?",
     .more = "Formally the inputs are strings and the problem is the set of those with answer yes, called a language. Some problems are answered by no "
             "program at all, such as whether a given program ever stops; complexity then sorts those that are. The example has each of the eight sign "
             "patterns once; every assignment of three variables violates exactly one, so no is right."},
    {.id = "verify",
     .title = "Checking against finding",
     .names = "check against search",
     .what = "How much cheaper it is to check an answer than to find it: one look against every possibility.",
     .picture = "A combination lock: trying one number takes a second, finding it an afternoon. It breaks for locks that give way a little when you are "
                "near.",
     .formula = "check: 1 sum;   search by trying: up to 2^n sums",
     .symbols = "n: how many numbers there are\nclaim: the numbers said to have the sum s",
     .inputs = "x = 3,34,4,12,5,2: whole numbers\ns = 9: sum wanted\nclaim = 4,5: numbers said to sum to it",
     .compute =
         [](const Inputs& in, Worked& out) {
           const std::vector<int64_t> x = whole_numbers(in, "x", 18), claim = whole_numbers(in, "claim", 18);
           const int64_t s = in.integer("s", -1000000, 1000000);
           std::vector<int64_t> left = x;
           int64_t sums = 0, sum = 0, tried = 0;
           bool there = true;
           for (int64_t v : claim) {
             sum += v;
             const auto found = std::ranges::find(left, v);
             if (found == left.end()) there = false;
             else left.erase(found);
           }
           ++sums;
           subset_with_sum(x, s, tried);
           out.step(str("check: {} = {}, wanted {}", joined(claim, " + "), sum, s));
           out.step(str("search, subset by subset: {} tried until one fits or all are done", tried));
           out.answer("sums to check", static_cast<double>(sums));
           out.answer("subsets to search", static_cast<double>(1 << x.size()));
           out.answer("the claim is", !there ? "no choice of these numbers" : sum == s ? "right" : "wrong");
         },
     .turn = "add a number to x: the check costs the same, the search twice as much.",
     .commands = "grimoire experiment p-versus-np",
     .code = "src/grimoire/theory/satisfiability.cpp: verify, try_everything",
     .mistake = "People say that the gap is proved; in fact a clever search may skip most of the 2^n, and whether it can always be made polynomial is "
                "the open question P = NP.",
     .see = "np: the class of checkable problems\np: problems that need no search\ndecision-problem: the form of the question",
     .sources = "Garey and Johnson 1979, Computers and Intractability, section 2.3\nSipser 2013, Introduction to the Theory of Computation, section 7.3",
     .ask = "20 numbers: how many subsets must plain trying look at, at worst? | 2^20, about a million.",
     .more = "For sums there is a faster way: tables over all reachable sums take n x s steps, which is polynomial in the value of s but not in the "
             "number of its digits. Meeting in the middle takes about 2^(n/2). For satisfiability the experiment counts steps of a verifier, of a solver "
             "(DPLL) and of trying everything: the solver's exponent is far smaller, and still an exponent on hard random instances."},
};

}  // namespace

const Family kCpx = {"cpx", "Complexity", kConcepts};

}  // namespace grim::learn
