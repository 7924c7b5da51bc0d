using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Twinspect;

// cases FOLDER: the table of hostile inputs, from C#; tests/cases/README.md says what is asked and what is answered.
static class Cases
{
    static int Main(string[] arguments)
    {
        Directory.SetCurrentDirectory(arguments[0]);
        // Whatever the console's encoding is.
        using (var said = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { NewLine = "\n" })
        {
            foreach (var line in File.ReadAllLines("tasks.tsv")) said.WriteLine(Answer(line.Split('\t')));
        }
        return 0;
    }

    static string Answer(string[] task)
    {
        string name = task[0], good = task[1], model = task[2], picture = task[3];
        var refused = new List<string>();
        try
        {
            using (var options = new Options())
            using (var none = new Options())
            {
                foreach (var setting in task[4].Split(new[] { ' ' }, StringSplitOptions.RemoveEmptyEntries))
                {
                    var at = setting.IndexOf('=');
                    options.Set(setting.Substring(0, at), setting.Substring(at + 1));
                }
                if (good != "-") Fit(name, model, options, refused);
                var running = good == "-" ? options : none;
                using (var loaded = Model.Load(model, running))
                using (var inspector = new Inspector(loaded, running))
                using (var result = inspector.InspectFile(picture))
                {
                    return string.Join("\t", name, "OK", string.Join(" ;; ", refused), loaded.Describe(), result.ToJson(), Hash(result));
                }
            }
        }
        catch (TwinspectException failure)
        {
            return string.Join("\t", name, Status(failure.Code), failure.Message);
        }
    }

    static void Fit(string name, string model, Options options, List<string> refused)
    {
        using (var fitter = new Fitter(options))
        {
            foreach (var path in File.ReadAllLines(Path.Combine("lists", name + ".txt")))
            {
                try
                {
                    fitter.AddFile(path);
                }
                catch (TwinspectException failure)
                {
                    refused.Add(failure.Message);
                }
            }
            using (var fitted = fitter.Fit()) fitted.Save(model);
        }
    }

    /// <summary>As the header writes it: ImageSize is IMAGE_SIZE.</summary>
    static string Status(ErrorCode code) =>
        string.Concat(code.ToString().Select((letter, at) => (at > 0 && char.IsUpper(letter) ? "_" : "") + char.ToUpperInvariant(letter)));

    static string Hash(Result result)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var value in result.Map())
        {
            foreach (var octet in BitConverter.GetBytes(value)) hash = unchecked((hash ^ octet) * 0x100000001b3);
        }
        return hash.ToString("x16");
    }
}
