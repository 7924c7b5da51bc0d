namespace Twinspect
{
    /// <summary>What is to be done with a part.</summary>
    public enum Verdict
    {
        /// <summary>Nothing was inspected yet.</summary>
        None = 0,

        /// <summary>The score is below the threshold.</summary>
        Good = 1,

        /// <summary>The score reaches the threshold.</summary>
        Defect = 2,

        /// <summary>Nobody can say: the picture matches no lead image, or there is no threshold.</summary>
        Undecided = 3,
    }
}
