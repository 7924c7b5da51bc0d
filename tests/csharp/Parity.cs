using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Twinspect;

// parity FOLDER CASES.tsv: the table of cases that every binding runs, from C#; tests/parity/README.md says what a line means.
static class Parity
{
    static int Main(string[] arguments)
    {
        var folder = arguments[0];
        var cases = ReadCases(arguments[1]);
        var inspectors = cases.Select(one => one["model"]).Distinct().ToDictionary(name => name, name =>
        {
            using (var model = Model.Load(Path.Combine(folder, name + ".twin"))) return new Inspector(model);
        });
        var lines = new Dictionary<string, string>();
        // In the table's order; a batch at its first case.
        foreach (var group in cases.GroupBy(one => one["batch"] == "-" ? "one " + one["case"] : "batch " + one["batch"]))
        {
            var images = group.Select(one => Image(folder, one)).ToArray();
            var masks = group.Select(one => one["mask"] == "-" ? null : new Pnm(Path.Combine(folder, one["mask"])).View()).ToArray();
            var results = group.Select(one => new Result()).ToArray();
            var inspector = inspectors[group.First()["model"]];
            if (group.First()["batch"] == "-") inspector.Inspect(images[0], results[0], masks[0]);
            else inspector.InspectBatch(images, results, masks.All(mask => mask == null) ? null : masks);
            foreach (var pair in group.Zip(results, (one, result) => new { one, result })) lines[pair.one["case"]] = Line(pair.one["case"], pair.result);
        }
        foreach (var one in cases) Console.WriteLine(lines[one["case"]]);
        Console.WriteLine(Fitted(folder));
        return 0;
    }

    static List<Dictionary<string, string>> ReadCases(string path)
    {
        var rows = File.ReadAllLines(path).Where(line => line != "" && line[0] != '#').Select(line => line.Split('\t')).ToArray();
        return rows.Skip(1).Select(row => rows[0].Zip(row, (name, value) => new { name, value }).ToDictionary(cell => cell.name, cell => cell.value)).ToList();
    }

    static ImageView Image(string folder, Dictionary<string, string> one)
    {
        var format = (PixelFormat)Enum.Parse(typeof(PixelFormat), one["format"].Replace("_", ""), true);
        var view = new Pnm(Path.Combine(folder, one["picture"])).View(format, one["layout"]).WithWhite(double.Parse(one["white"], CultureInfo.InvariantCulture));
        if (one["roi"] == "-") return view;
        var roi = one["roi"].Split(',').Select(int.Parse).ToArray();
        return view.Crop(roi[0], roi[1], roi[2], roi[3]);
    }

    static string Line(string name, Result result)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var value in result.Map())
        {
            // Little-endian, as this machine is.
            foreach (var octet in BitConverter.GetBytes(value)) hash = unchecked((hash ^ octet) * 0x100000001b3);
        }
        var summary = result.Summary;
        var bits = BitConverter.ToUInt32(BitConverter.GetBytes(summary.Score), 0);
        return string.Join("\t", name, bits.ToString("x8"), (int)summary.Verdict, summary.RegionCount, hash.ToString("x16"));
    }

    static string Fitted(string folder)
    {
        using (var options = new Options().Set("groups.size", 0).Set("registration", "none").Set("ground", "same")
            .Set("input.size", 96).Set("verdict.false_alarm_rate", 0.05))
        using (var fitter = new Fitter(options))
        {
            foreach (var name in File.ReadAllLines(Path.Combine(folder, "train.txt")).Where(name => name != ""))
            {
                fitter.Add(new Pnm(Path.Combine(folder, name)).View(), name);
            }
            using (var model = fitter.Fit())
            using (var inspector = new Inspector(model))
            {
                var picture = File.ReadAllLines(Path.Combine(folder, "fitted.txt"))[0];
                using (var result = inspector.Inspect(new Pnm(Path.Combine(folder, picture)).View())) return Line("fitted", result);
            }
        }
    }
}
