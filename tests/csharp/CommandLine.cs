using System.IO;
using System.Linq;
using Twinspect;

// The same model and pictures as the command line's, and the same lines of JSON, to the last digit.
static class CommandLine
{
    /// <summary>folder holds cli.twin, pictures/*.bmp and cli.jsonl, what `twinspect inspect --json` printed of them.</summary>
    public static void Run(string folder)
    {
        Check.Run("inspections_are_the_command_lines", () => Inspections_are_the_command_lines(folder));
    }

    /// <summary>What the other programs and languages of this test inspect.</summary>
    public static void Draw(string folder)
    {
        foreach (var name in new[] { "good", "test" }) Directory.CreateDirectory(Path.Combine(folder, name));
        for (uint i = 1; i <= 12; ++i) Parts.Write(Path.Combine(folder, "good", "good_" + i.ToString("00") + ".bmp"), Parts.Draw(i, false));
        for (uint i = 1; i <= 3; ++i)
        {
            Parts.Write(Path.Combine(folder, "test", "good_" + i + ".bmp"), Parts.Draw(800 + i, false));
            Parts.Write(Path.Combine(folder, "test", "bad_" + i + ".bmp"), Parts.Draw(800 + i, true));
        }
    }

    static void Inspections_are_the_command_lines(string folder)
    {
        var lines = File.ReadAllLines(Path.Combine(folder, "cli.jsonl"));
        Check.Equal(lines.Length, 6, "lines of the command line");
        using (var options = new Options().Set("threads", 1))
        using (var model = Model.Load(Path.Combine(folder, "cli.twin"), options))
        using (var inspector = new Inspector(model, options))
        using (var result = new Result())
        {
            foreach (var line in lines)
            {
                var path = line.Split(new[] { "\"path\":\"" }, System.StringSplitOptions.None)[1].Split('"')[0];
                var bad = Path.GetFileName(path).StartsWith("bad");
                var seed = 800 + uint.Parse(Path.GetFileNameWithoutExtension(path).Split('_').Last());
                inspector.Inspect(Parts.View(Parts.Draw(seed, bad)), result);
                Check.Equal(result.ToJson(), line.Replace("\"path\":\"" + path + "\",", ""), "the line of " + path);
                Check.Equal(result.Summary.Verdict, bad ? Verdict.Defect : Verdict.Good, "verdict of " + path);
            }
        }
    }
}
